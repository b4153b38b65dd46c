"""What floating point may add to a bound, and how little it can be made.

A bound is certified only if rounding is taken off it. Sums over tasks are compensated (A. Neumaier,
"Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974), so their
error does not grow with the number of tasks; a plain sum of a million equal terms is off by 1e-11.
What is left are the few dozen operations that make one term, each good to 1.1e-16 of its operands.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from numba import njit

__all__ = ["ROUNDING", "add"]

ROUNDING = 1e-12
"""Share of the magnitude of its terms that is taken off a bound: room for some thousand operations a term."""


@njit(cache=True)
def add(total, lost, term):
    """Return `total` + `term` and the rounding lost so far; the sum is ``total + lost`` in the end."""
    new = total + term
    if abs(total) >= abs(term):
        lost += (total - new) + term
    else:
        lost += (term - new) + total
    return new, lost
