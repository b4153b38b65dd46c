"""The registry of problem families and of their mathematical formulations."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from formulations.score import Score
from instances.errors import InputError
from instances.instance import Instance

__all__ = [
    "Family",
    "Formulation",
    "family",
    "family_names",
    "formulations_of",
    "register_family",
    "register_formulation",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A problem family.

    Parameters
    ----------
    name, summary : str
        As users know it.
    Options : type
        Frozen dataclass of the problem options.
    problem : callable
        ``problem(instance, options)`` returns the problem; InputError where they do not fit.
    evaluate : callable
        The referee: ``evaluate(problem, plan)`` returns a `Score`.
    plan_document, plan_of : callable
        ``plan_document(problem, plan)`` gives plain data for a plan file;
        ``plan_of(problem, document)`` reads it back, InputError where it does not fit.
    """

    name: str
    summary: str
    Options: type
    problem: Callable[[Instance, Any], Any]
    evaluate: Callable[[Any, Any], Score]
    plan_document: Callable[[Any, Any], Mapping[str, Any]]
    plan_of: Callable[[Any, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Formulation:
    """A mathematical model of a family, in one of the modelling languages."""

    name: str
    family: str
    language: str
    summary: str


_FAMILIES: dict[str, Family] = {}
_FORMULATIONS: dict[str, Formulation] = {}


def register_family(entry: Family) -> Family:
    """Enter a family."""
    _FAMILIES[entry.name] = entry
    return entry


def register_formulation(entry: Formulation) -> Formulation:
    """Enter a mathematical model."""
    _FORMULATIONS[entry.name] = entry
    return entry


@cache
def _load_all() -> None:
    import formulations

    for folder in sorted(Path(next(iter(formulations.__path__))).iterdir()):
        if (folder / "family.py").exists():
            import_module(f"formulations.{folder.name}.family")


def family_names() -> tuple[str, ...]:
    """Return the names of the families, sorted."""
    _load_all()
    return tuple(sorted(_FAMILIES))


def family(name: str) -> Family:
    """Return family `name`; InputError where there is none."""
    _load_all()
    if name not in _FAMILIES:
        near = difflib.get_close_matches(name, _FAMILIES, 3, 0.4) or sorted(_FAMILIES)
        raise InputError("problem family", f"must be one of {', '.join(near)}", name)
    return _FAMILIES[name]


def formulations_of(family_name: str | None = None) -> tuple[Formulation, ...]:
    """Return the mathematical models of a family, or all of them, by name."""
    _load_all()
    return tuple(f for _, f in sorted(_FORMULATIONS.items()) if family_name in (None, f.family))
