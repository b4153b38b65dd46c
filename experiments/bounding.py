"""The bound beside every comparison: a method that certifies one runs for a twentieth of a trial's seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from experiments.study import InstanceSpec, MethodSpec, Study
from experiments.trial import Trial, make_trial
from solvers.registry import entry

__all__ = ["NO_BOUND", "bounding_trials"]

NO_BOUND = "none"
_SHARE = 0.05
_IN_ITS_PLACE = {"schedule": "schedule-bound"}
"""For families that the study's method does not take."""
_SECONDS = 1.0
"""Where a trial's seconds are not limited."""


def bounding_trials(
    study: Study, places: Iterable[tuple[InstanceSpec, str]]
) -> Iterator[tuple[InstanceSpec, MethodSpec, Trial]]:
    """Yield a trial of the study's bounding method for each problem.

    They are no entries of the study: their bounds count in every table because bounds of all trials in a store do, and
    they are rows of none. A study that has the method among its own needs no more of it. Where the method does not
    take a problem's family, the family's own comes in its place.

    Parameters
    ----------
    study : Study
        Whose `bound` names the method, or is ``none``.
    places : iterable of (InstanceSpec, str)
        Instances with their problem options and SHA-256.
    """
    name = study.bound
    if name == NO_BOUND:
        return
    seconds = _SECONDS if study.budget.seconds is None else _SHARE * study.budget.seconds
    for spec, instance in places:
        able = name if spec.family in _families(name) else _IN_ITS_PLACE.get(spec.family)
        if able is not None and all(method.name != able for method in study.methods):
            method = MethodSpec(name=able, label=f"{able} (bound)")
            trial = make_trial(
                instance=instance,
                method=able,
                family_name=spec.family,
                options=spec.options,
                budget=replace(study.budget, seconds=seconds, evaluations=None),
                study_seed=study.seed,
            )
            yield spec, method, trial


def _families(name: str) -> frozenset[str]:
    """Return the families that method `name` takes."""
    found: frozenset[str] = entry(name).cls.families  # type: ignore[attr-defined]
    return found
