"""Checks that many claims share: equalities, dominance, monotone sequences, numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from experiments.systems.claim import Facts, Finding

__all__ = ["all_equal", "all_hold", "always", "equal", "monotone", "never_above", "no_worse", "numbers_near", "rising"]

ROUNDING = 1e-9
"""Relative difference that sums in another order may have."""
Check = Callable[[Facts], Finding]


def all_equal(fact: str, what: str) -> Check:
    """Hold where each pair of the fact, a sequence of (value, reference), is one number."""

    def check(facts: Facts) -> Finding:
        worst, count = _differences(facts[fact])
        held = count > 0 and bool((np.abs(worst) <= ROUNDING).all())
        return Finding(
            holds=held, evidence=f"{count} {what}, largest relative difference {np.abs(worst).max(initial=0.0):.1e}"
        )

    return check


def never_above(fact: str, what: str) -> Check:
    """Hold where no value of the fact, a sequence of (value, limit), is above its limit."""

    def check(facts: Facts) -> Finding:
        excess, count = _differences(facts[fact])
        held = count > 0 and bool((excess <= ROUNDING).all())
        below = int((excess < -ROUNDING).sum())
        return Finding(
            holds=held,
            evidence=f"{count} {what}, strictly below in {below}, largest excess {max(excess.max(initial=0.0), 0.0):.1e}",
        )

    return check


def monotone(fact: str, what: str, *, rising: bool) -> Check:
    """Hold where every sequence of the fact rises (or falls), weakly."""

    def check(facts: Facts) -> Finding:
        sequences = [np.asarray(one, dtype=float) for one in facts[fact]]
        sign = 1.0 if rising else -1.0
        broken = sum(
            bool((sign * np.diff(one) < -ROUNDING * np.abs(one[1:])).any()) or not np.isfinite(one).all()
            for one in sequences
        )
        moved = sum(bool((np.diff(one) != 0).any()) for one in sequences)
        held = bool(sequences) and not broken
        return Finding(
            holds=held,
            evidence=f"{len(sequences)} {what}: {broken} {'fall' if rising else 'rise'} somewhere, {moved} do change",
        )

    return check


def always(fact: str, what: str) -> Check:
    """Hold where every member of the fact, a sequence of booleans, is true."""

    def check(facts: Facts) -> Finding:
        held = [bool(one) for one in facts[fact]]
        return Finding(holds=bool(held) and all(held), evidence=f"{sum(held)} of {len(held)} {what}")

    return check


def numbers_near(fact: str, expected: Sequence[float], tolerance: float, unit: str) -> Check:
    """Hold where the fact has these numbers, each within a relative tolerance."""

    def check(facts: Facts) -> Finding:
        found = [float(one) for one in facts[fact]]
        held = len(found) == len(expected) and all(
            abs(a - b) <= tolerance * abs(b) for a, b in zip(found, expected, strict=True)
        )
        got = ", ".join(f"{one:.4g}" for one in found)
        return Finding(
            holds=held, evidence=f"{got} {unit} against {', '.join(map(str, expected))} (within {tolerance:.1%})"
        )

    return check


def equal(a: float | None, b: float | None, tolerance: float = ROUNDING) -> bool:
    """Return whether two values are the same but for rounding; both absent is the same too."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-12)


def all_hold(pairs: list[tuple[str, float | None, float | None]], what: str, tolerance: float = ROUNDING) -> Finding:
    """Return whether all pairs of values are equal, and which are not."""
    wrong = [f"{name}: {a} against {b}" for name, a, b in pairs if not equal(a, b, tolerance)]
    shown = "; ".join(wrong[:3])
    evidence = f"{len(pairs) - len(wrong)} of {len(pairs)} {what} equal" + (f"; {shown}" if wrong else "")
    return Finding(holds=bool(pairs) and not wrong, evidence=evidence)


def no_worse(pairs: list[tuple[str, float | None, float | None]], what: str) -> Finding:
    """Return whether the first value of every pair is at most the second, and where it is not."""
    wrong = [
        f"{name}: {a} above {b}"
        for name, a, b in pairs
        if a is None or b is None or a > b + ROUNDING * max(abs(b), 1e-12)
    ]
    shown = "; ".join(wrong[:3])
    evidence = f"{len(pairs) - len(wrong)} of {len(pairs)} {what} no worse" + (f"; {shown}" if wrong else "")
    return Finding(holds=bool(pairs) and not wrong, evidence=evidence)


def rising(values: Sequence[float]) -> bool:
    """Return whether no value is below the one before it."""
    return all(b >= a - ROUNDING * max(abs(a), 1e-12) for a, b in pairwise(values))


def _differences(pairs: Sequence[tuple[float | None, float]]) -> tuple[np.ndarray, int]:
    """Return ``(value - reference) / reference`` of every pair; inf where there is no value."""
    found = [
        np.inf if value is None else (value - reference) / max(abs(reference), 1e-300) for value, reference in pairs
    ]
    return np.array(found), len(found)
