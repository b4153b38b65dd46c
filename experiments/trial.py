"""The trial: one method on one problem under one budget, and its identity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from experiments.plain import canonical, digest, plain
from experiments.settings import options_of, settings_text
from instances.errors import InputError
from solvers.contract import Budget
from solvers.registry import entry, make

__all__ = ["Trial", "make_trial", "seed_of"]

_MARK = "\N{LATIN CROSS}here\N{LATIN CROSS}"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What is run once.

    Parameters
    ----------
    instance : str
        SHA-256 of the instance.
    family : str
        Problem family.
    options : mapping
        All problem options as plain data.
    method, version : str
        Registered name, and the hash of the source that it runs on.
    params : mapping
        All parameters of the method as plain data; part of the identity.
    settings : mapping
        Those that the user set, from which the method is made.
    budget : Budget
        What it may use.
    study_seed, repetition : int
        What the trial's own seed is drawn from, with instance and method.
    """

    instance: str
    family: str
    options: Mapping[str, Any]
    method: str
    version: str
    params: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget
    study_seed: int
    repetition: int = 0

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What makes this trial the one it is."""
        return {
            "instance": self.instance,
            "problem": {"family": self.family, **self.options},
            "method": self.method,
            "version": self.version,
            "params": dict(self.params),
            "budget": plain(self.budget),
            "study_seed": self.study_seed,
            "repetition": self.repetition,
        }

    @cached_property
    def id(self) -> str:
        """SHA-256 of the canonical JSON of `identity`."""
        return digest(self.identity)

    def repeated(self, instance: str, repetitions: int) -> list[Trial]:
        """Return this trial on an instance, as often as asked; many of a large study in a small part of the time."""
        first = replace(self, instance=instance)
        # all of a large study's identities differ in these two alone
        one, two, three = self._text_around
        problem_id = hashlib.sha256(f'{{"instance":"{instance}","problem":{self._problem_text}}}'.encode()).hexdigest()
        found = []
        for repetition in range(repetitions):
            trial = replace(first, repetition=repetition) if repetition != first.repetition else first
            text = f"{one}{instance}{two}{repetition}{three}"
            # cached properties, filled in without the work of finding them
            trial.__dict__["id"] = hashlib.sha256(text.encode()).hexdigest()
            trial.__dict__["problem_id"] = problem_id
            found.append(trial)
        return found

    @cached_property
    def _text_around(self) -> tuple[str, str, str]:
        """Canonical text of the identity before, between and after instance and repetition."""
        text = canonical({**self.identity, "instance": _MARK, "repetition": _MARK})
        one, two, three = text.split(canonical(_MARK))
        return f'{one}"', f'"{two}', three

    @cached_property
    def _problem_text(self) -> str:
        return canonical(self.identity["problem"])

    @cached_property
    def problem_id(self) -> str:
        """What trials on the same instance and problem share: their values and bounds can be compared."""
        return digest({"instance": self.instance, "problem": self.identity["problem"]})

    @property
    def seed(self) -> int:
        """Seed of the trial's generator, 64 bits."""
        return seed_of(self.study_seed, self.instance, self.method, self.repetition)


def seed_of(study_seed: int, instance: str, method: str, repetition: int) -> int:
    """Return the seed of a trial: a hash of its axes, so that no trial's chance depends on another's.

    Parameters of the method are left out on purpose: variants of one method meet the same chance.
    """
    return int(digest([study_seed, instance, method, repetition])[:16], 16)


def make_trial(
    *,
    instance: str,
    method: str,
    settings: Mapping[str, Any] | None = None,
    family_name: str = "joint",
    options: Mapping[str, Any] | None = None,
    budget: Budget,
    study_seed: int,
    repetition: int = 0,
) -> Trial:
    """Return the trial with every option and parameter resolved.

    Raises
    ------
    InputError
        If the method, one of its parameters or a problem option does not exist or is refused.
    """
    if isinstance(study_seed, bool) or not isinstance(study_seed, int) or study_seed < 0:
        raise InputError("seed", "must be a whole number >= 0", study_seed)
    return Trial(
        instance=instance,
        family=family_name,
        options=plain(options_of(family_name, options)),
        method=method,
        version=entry(method).version,
        params=plain(make(method, settings_text(settings)).params),
        settings=settings_text(settings),
        budget=budget,
        study_seed=study_seed,
        repetition=repetition,
    )
