"""Chance for many blocks from one generator, without sending a number a task.

A generator that can be advanced gives each block the place in its stream where the block's numbers begin; the worker
draws them. They are those that the generator would have drawn for all tasks at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from instances.columns import FloatArray

__all__ = ["Luck", "luck_of"]

_ADVANCE = {"PCG64": np.random.PCG64, "PCG64DXSM": np.random.PCG64DXSM}


class Luck(NamedTuple):
    """Where a block's numbers begin, or the numbers themselves where the generator cannot be advanced; else zeros."""

    n: int
    bits: Any = None
    numbers: FloatArray | None = None

    def draw(self) -> FloatArray:
        """Return the numbers, even in [0, 1), shape (n,)."""
        if self.numbers is not None:
            return self.numbers
        if self.bits is None:
            return np.zeros(self.n)
        bits = _ADVANCE[self.bits["bit_generator"]]()
        bits.state = self.bits
        return np.random.Generator(bits).random(self.n)


def luck_of(rng: np.random.Generator | None, sizes: Sequence[int]) -> list[Luck]:
    """Return the luck of blocks of these sizes, in order; `rng` moves on as ``rng.random(sum(sizes))`` moves it.

    Without a generator all numbers are zero.

    Examples
    --------
    >>> parts = luck_of(np.random.default_rng(1), [2, 3])
    >>> bool((np.concatenate([part.draw() for part in parts]) == np.random.default_rng(1).random(5)).all())
    True
    """
    if rng is None:
        return [Luck(n) for n in sizes]
    bits: Any = rng.bit_generator
    if type(bits).__name__ not in _ADVANCE:
        return [Luck(n, numbers=rng.random(n)) for n in sizes]
    parts, before = [], bits.state
    for n in sizes:
        parts.append(Luck(n, bits=bits.state))
        bits.advance(n)
    # advancing drops a half-used number that plain drawing keeps
    bits.state = {**bits.state, "has_uint32": before["has_uint32"], "uinteger": before["uinteger"]}
    return parts
