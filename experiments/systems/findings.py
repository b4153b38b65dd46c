"""Checks that many claims share: equalities, dominance, monotone sequences, numbers.

None of them holds on what is not there: a value that is None, infinite or no number counts as a failure, unless the
caller says what its absence means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from experiments.systems.claim import Facts, Finding
from instances.columns import FloatArray

__all__ = [
    "all_equal",
    "all_finite",
    "all_hold",
    "always",
    "at_most",
    "equal",
    "monotone",
    "never_above",
    "no_worse",
    "numbers_near",
    "rising",
]

ROUNDING = 1e-9
"""Relative difference that sums in another order may have."""
Check = Callable[[Facts], Finding]
Pairs = Sequence[tuple[str, float | None, float | None]]
"""Name, value and reference; None where there is no plan."""


def all_finite(*values: float | None) -> bool:
    """Return whether every value is a finite number; at least one must be given."""
    return bool(values) and all(one is not None and math.isfinite(one) for one in values)


def at_most(a: float | None, b: float | None) -> bool:
    """Return whether two finite values are in order, but for rounding."""
    return a is not None and b is not None and all_finite(a, b) and a <= b + ROUNDING * max(abs(b), 1e-12)


def equal(a: float | None, b: float | None, tolerance: float = ROUNDING) -> bool:
    """Return whether two finite values are the same but for rounding."""
    if a is None or b is None or not all_finite(a, b):
        return False
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-12)


def rising(values: Sequence[float]) -> bool:
    """Return whether all values are finite, and none is below the one before it."""
    return all_finite(*values) and all(b >= a - ROUNDING * max(abs(a), 1e-12) for a, b in pairwise(values))


def all_equal(fact: str, what: str) -> Check:
    """Hold where each pair of the fact, a sequence of (value, reference), is one finite number."""

    def check(facts: Facts) -> Finding:
        difference, absent = _differences(facts[fact])
        held = difference.size > 0 and not absent and bool((np.abs(difference) <= ROUNDING).all())
        worst = np.abs(difference).max(initial=0.0)
        return Finding(
            holds=held,
            evidence=f"{len(difference) + absent} {what}, largest relative difference {worst:.1e}{_without(absent)}",
        )

    return check


def never_above(fact: str, what: str) -> Check:
    """Hold where no value of the fact, a sequence of (value, limit), is above its limit, and all are finite."""

    def check(facts: Facts) -> Finding:
        excess, absent = _differences(facts[fact])
        held = excess.size > 0 and not absent and bool((excess <= ROUNDING).all())
        below = int((excess < -ROUNDING).sum())
        most = max(excess.max(initial=0.0), 0.0)
        return Finding(
            holds=held,
            evidence=f"{len(excess) + absent} {what}, strictly below in {below}, largest excess {most:.1e}"
            + _without(absent),
        )

    return check


def monotone(fact: str, what: str, *, rising: bool) -> Check:
    """Hold where every sequence of the fact, two finite values or more, rises (or falls), weakly."""

    def check(facts: Facts) -> Finding:
        sequences = [np.array([np.nan if x is None else x for x in one], dtype=float) for one in facts[fact]]
        sign = 1.0 if rising else -1.0
        broken = sum(
            len(one) < 2
            or not np.isfinite(one).all()
            or bool((sign * np.diff(one) < -ROUNDING * np.abs(one[1:])).any())
            for one in sequences
        )
        moved = sum(len(set(one.tolist())) > 1 for one in sequences)
        held = bool(sequences) and not broken
        return Finding(
            holds=held,
            evidence=f"{len(sequences)} {what}: {broken} {'fall' if rising else 'rise'} somewhere, {moved} do change",
        )

    return check


def always(fact: str, what: str) -> Check:
    """Hold where every member of the fact, a sequence of booleans, is true."""

    def check(facts: Facts) -> Finding:
        held = [isinstance(one, bool | np.bool_) and bool(one) for one in facts[fact]]
        return Finding(holds=bool(held) and all(held), evidence=f"{sum(held)} of {len(held)} {what}")

    return check


def numbers_near(fact: str, expected: Sequence[float], tolerance: float, unit: str) -> Check:
    """Hold where the fact has these numbers, each within a relative tolerance."""

    def check(facts: Facts) -> Finding:
        found: list[float | None] = list(facts[fact])
        held = len(found) == len(expected) > 0 and all(
            a is not None and all_finite(a, b) and abs(a - b) <= tolerance * abs(b)
            for a, b in zip(found, expected, strict=True)
        )
        got = ", ".join("none" if one is None else f"{one:.4g}" for one in found)
        return Finding(
            holds=held, evidence=f"{got} {unit} against {', '.join(map(str, expected))} (within {tolerance:.1%})"
        )

    return check


def all_hold(pairs: Pairs, what: str, tolerance: float = ROUNDING, *, none_alike: bool = False) -> Finding:
    """Return whether all pairs of values are equal, and which are not.

    Parameters
    ----------
    pairs : sequence of (name, value, reference)
        What to compare.
    what : str
        What the pairs are, for the evidence.
    tolerance : float
        Relative difference that counts as equal.
    none_alike : bool
        Whether two that both say that there is no plan agree, as two exact methods do where a limit cannot be met. Some
        pair must have values all the same, and the evidence tells how many have not.
    """
    neither = [name for name, a, b in pairs if none_alike and a is None and b is None]
    wrong = [
        f"{name}: {a} against {b}"
        for name, a, b in pairs
        if not equal(a, b, tolerance) and not (none_alike and a is None and b is None)
    ]
    shown = "; ".join(wrong[:3])
    evidence = f"{len(pairs) - len(wrong)} of {len(pairs)} {what} equal" + (f"; {shown}" if wrong else "")
    if neither:
        evidence += f"; in {len(neither)} of them both say that there is no plan"
    return Finding(holds=len(pairs) > len(neither) and not wrong, evidence=evidence)


def no_worse(pairs: Pairs, what: str, *, none_is_worse: bool = False) -> Finding:
    """Return whether the first value of every pair is at most the second, and where it is not.

    Parameters
    ----------
    pairs : sequence of (name, value, limit)
        What to compare.
    what : str
        What the pairs are, for the evidence.
    none_is_worse : bool
        Whether a value is no worse than a limit that is absent because the other has no plan. Some pair must have both
        all the same, and the evidence tells how many have not.
    """
    alone = [name for name, a, b in pairs if none_is_worse and b is None and all_finite(a)]
    wrong = [
        f"{name}: {a} above {b}"
        for name, a, b in pairs
        if not at_most(a, b) and not (none_is_worse and b is None and all_finite(a))
    ]
    shown = "; ".join(wrong[:3])
    evidence = f"{len(pairs) - len(wrong)} of {len(pairs)} {what} no worse" + (f"; {shown}" if wrong else "")
    if alone:
        evidence += f"; in {len(alone)} of them the other has no plan"
    return Finding(holds=len(pairs) > len(alone) and not wrong, evidence=evidence)


def _differences(pairs: Sequence[tuple[Any, Any]]) -> tuple[FloatArray, int]:
    """Return ``(value - reference) / reference`` of every pair of finite numbers, and how many pairs are none."""
    found = [(a - b) / max(abs(b), 1e-300) for a, b in pairs if all_finite(a, b)]
    return np.array(found, dtype=np.float64), len(pairs) - len(found)


def _without(absent: int) -> str:
    return f"; {absent} lack a finite value" if absent else ""
