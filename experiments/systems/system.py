"""A published system as a class, and the register of those that reproduce."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeVar

import pandas as pd

from experiments.systems.bench import Bench
from experiments.systems.claim import Claim
from instances.errors import InputError

__all__ = ["Measured", "PublishedSystem", "System", "system", "system_named", "systems"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """What a system found on its scenario.

    Parameters
    ----------
    table : DataFrame
        What is printed and written: a row for each setting, methods with value, gap and decision time beside the
        exact optimum. Column names carry their units.
    facts : mapping
        What claims are checked by.
    draw : callable, optional
        Takes a matplotlib figure and draws what is worth seeing.
    further : mapping of str to DataFrame
        More tables, each by one word: printed under it after the first, and written beside it as NAME-WORD.csv.
    """

    table: pd.DataFrame
    facts: Mapping[str, Any]
    draw: Callable[[Any], None] | None = None
    further: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class PublishedSystem(Protocol):
    """What the class of a system has."""

    claims: tuple[Claim, ...]

    def measure(self, bench: Bench) -> Measured:
        """Run the system's scenario: its method, its baselines and the exact optimum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A published system that reproduces.

    Parameters
    ----------
    number : int
        In the survey's order.
    name : str
        As in ``tiercut reproduce NAME``.
    title, summary, family, citation : str
        What it is called, what it decides, the problem family that it is a method for, and where it was published.
    reconstruction : tuple of str
        What of it is ours, because the publication does not say or is not at hand.
    methods : tuple of str
        The registered methods that are the system's own.
    """

    number: int
    name: str
    title: str
    family: str
    citation: str
    reconstruction: tuple[str, ...]
    methods: tuple[str, ...]
    cls: type[PublishedSystem]
    summary: str = field(default="")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is claimed of it."""
        return self.cls.claims


_REGISTRY: dict[str, System] = {}
S = TypeVar("S", bound=type)


def system(
    name: str,
    *,
    number: int,
    title: str,
    family: str,
    citation: str,
    methods: tuple[str, ...],
    reconstruction: tuple[str, ...] = (),
) -> Callable[[S], S]:
    """Enter a class with `claims` and `measure`; the first line of its docstring is the summary."""

    def enter(cls: S) -> S:
        names = [claim.name for claim in cls.claims]  # type: ignore[attr-defined]
        if len(set(names)) < len(names):
            raise ValueError(f"system {name}: names of claims must be unique, got {names}")
        _REGISTRY[name] = System(
            number=number,
            name=name,
            title=title,
            family=family,
            citation=citation,
            reconstruction=reconstruction,
            methods=methods,
            cls=cls,
            summary=(inspect.getdoc(cls) or "").split("\n")[0],
        )
        return cls

    return enter


@cache
def _load() -> None:
    import experiments.systems as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def systems() -> tuple[System, ...]:
    """Return all that reproduce, by number."""
    _load()
    return tuple(sorted(_REGISTRY.values(), key=lambda one: one.number))


def system_named(name: str) -> System:
    """Return the system `name`.

    Raises
    ------
    InputError
        If there is none, or it is planned only.
    """
    from experiments.systems.catalogue import CATALOGUE

    for one in systems():
        if one.name == name:
            return one
    if any(planned.name == name for planned in CATALOGUE):
        raise InputError(f"system {name}", "is planned and does not reproduce yet: see `tiercut list systems`")
    near = difflib.get_close_matches(name, [one.name for one in systems()], 1)
    hint = f"; did you mean {near[0]}?" if near else "; see `tiercut list systems`"
    raise InputError("system", f"must be the name of a published system{hint}", name)
