"""A clause of a contract, and how clauses are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from instances.errors import InputError

__all__ = ["Check", "checked", "frozen_fault"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One clause of a contract: whether it is kept, and what was seen."""

    name: str
    passed: bool
    detail: str = ""


def checked(clauses: Mapping[str, Callable[[T], str]], subject: T) -> list[Check]:
    """Return one check a clause; a clause returns what is wrong, or an empty text, and refuses nothing."""
    found = []
    for title, clause in clauses.items():
        try:
            fault = clause(subject)
        except InputError as error:
            fault = str(error)
        found.append(Check(name=title, passed=not fault, detail=fault))
    return found


def frozen_fault(value: Any, what: str) -> str:
    """Return which field of a dataclass can be set, or an empty text."""
    for item in fields(value):
        try:
            setattr(value, item.name, getattr(value, item.name))
        except AttributeError:
            continue
        return f"{what} must be frozen, but {item.name} can be set"
    return ""
