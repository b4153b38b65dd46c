"""Compare: run a study's trials that have no record yet, keep each as it ends, and hand back the store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial

import numpy as np

from experiments.environment import environment
from experiments.plugins import load_plugins
from experiments.progress import TrialProgress
from experiments.record import Record
from experiments.runner import RunnerOptions, Task, run_trials
from experiments.shelf import Shelf
from experiments.store import Entry, Store
from experiments.study import InstanceSpec, MethodSpec, Study
from experiments.trial import Trial, make_trial
from formulations.score import Verdict
from instances.errors import InputError
from solvers.contract import Termination
from solvers.registry import make

__all__ = ["ending_text", "run_study"]


def run_study(
    study: Study,
    store: Store,
    *,
    options: RunnerOptions | None = None,
    plugins: Sequence[str] = (),
    quiet: bool = False,
) -> str:
    """Run what of `study` has no terminal record in `store`, and return the study's identity there.

    Trials run in a seeded random order, so that what the machine does meanwhile falls on all methods alike. An
    interrupted run loses nothing that was reported: call again to go on.

    Parameters
    ----------
    study : Study
        What to compare.
    store : Store
        Where records go.
    options : RunnerOptions, optional
        How to run trials.
    plugins : sequence of str
        The user's Python files, beside those that the study names.
    quiet : bool
        No progress on stderr.

    Raises
    ------
    InputError
        If a method, parameter, option, generator or file of the study is at fault.
    """
    files = (*study.plugins, *plugins)
    load_plugins(files)
    for method in study.methods:
        make(method.name, method.settings)
    with Shelf() as shelf:
        placed = [
            (spec, method, trial) for spec in study.specs() for method, trial in _trials_on(study, spec, shelf, store)
        ]
        entries = [_entry(spec, method, trial) for spec, method, trial in placed]
        identity = store.add_study(study.name, study.as_dict(), entries)
        done = store.finished(trial.id for _, _, trial in placed)
        waiting = {trial.id: (spec, method, trial) for spec, method, trial in placed if trial.id not in done}
        order = np.random.default_rng(study.seed).permutation(len(waiting))
        queue = [list(waiting.values())[i] for i in order]
        tasks = [
            Task(
                trial=trial,
                instance_path=str(shelf.path(trial.instance)),
                problem=partial(shelf.problem, trial.instance, trial.family, dict(trial.options)),
            )
            for _, _, trial in queue
        ]
        facts = store.add_environment(environment())
        total = len({trial.id for _, _, trial in placed})
        with (
            TrialProgress(total, total - len(tasks), quiet=quiet) as progress,
            closing(run_trials(tasks, options, files)) as records,  # type: ignore[type-var]
        ):
            for trial, record in records:
                store.add_record(trial, record, facts)
                spec, method, _ = waiting[trial.id]
                progress.ended(spec.label, method.title, ending_text(record), bad=_is_bad(record))
    return identity


def _trials_on(study: Study, spec: InstanceSpec, shelf: Shelf, store: Store) -> list[tuple[MethodSpec, Trial]]:
    try:
        instance, stored = shelf.add_spec(spec)
    except InputError as error:
        raise InputError(f"study {study.name}, instance {spec.label}", str(error)) from None
    store.add_instance(stored)
    return [
        (
            method,
            make_trial(
                instance=instance.sha256,
                method=method.name,
                settings=method.settings,
                family_name=spec.family,
                options=spec.options,
                budget=study.budget,
                study_seed=study.seed,
                repetition=repetition,
            ),
        )
        for method in study.methods
        for repetition in range(study.repetitions)
    ]


def _entry(spec: InstanceSpec, method: MethodSpec, trial: Trial) -> Entry:
    return Entry(
        trial=trial.id,
        problem=trial.problem_id,
        instance=trial.instance,
        label=spec.label,
        method=method.name,
        title=method.title,
        repetition=trial.repetition,
    )


def ending_text(record: Record) -> str:
    """Return how a trial ended, in one line."""
    parts = [] if record.value is None else [f"{record.value:.6g}"]
    if record.verdict is Verdict.WRONG:
        parts.append("WRONG")
    parts.append(str(record.termination).replace("_", " "))
    if record.reason and record.termination is not Termination.COMPLETED:
        parts.append(f"({record.reason})")
    if record.seconds is not None:
        parts.append(f"{record.seconds:.2f} s")
    return " ".join(parts)


def _is_bad(record: Record) -> bool:
    return record.verdict is Verdict.WRONG or record.termination is Termination.CRASHED
