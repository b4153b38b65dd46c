"""Passes over all tasks, wherever these are: what the search asks of them, and the passes of this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from instances.columns import Array, FloatArray
from solvers.decomposition.blocks import SegmentDual
from solvers.decomposition.replies import load_of, reply
from solvers.decomposition.segments import Segments
from solvers.decomposition.shortlist import Shortlist, shortlist

__all__ = ["LocalPasses", "Passes"]


class Passes(Protocol):
    """What takes prices or loads and gives back loads and sums; a state stays where the tasks are.

    Results do not depend on where that is, nor on how many passes run side by side.
    """

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""

    @property
    def load(self) -> FloatArray:
        """Loads y_r of the relaxation, shape (n_resources,)."""

    def sweep(self, rng: np.random.Generator) -> None:
        """Move every task towards its cheapest option, as `solvers.decomposition.blocks.SegmentDual.sweep` does."""

    def value(self) -> float:
        """Return the relaxed objective."""

    def bound(self) -> float:
        """Return L at prices ``2 y``, rounding taken off."""

    def drawn(self) -> Any:
        """Return a state: the option of every task that was drawn from its mix."""

    def load_of(self, state: Any) -> FloatArray:
        """Return what `state` puts on the resources."""

    def reply(self, state: Any, load: FloatArray) -> tuple[int, FloatArray]:
        """Let every task reply once; changes `state`. Returns how many moved, and the loads after that."""

    def codes(self, state: Any) -> Array:
        """Return the options of `state` by their numbers, shape (n_tasks, CODE)."""

    def shortlist(self, points: FloatArray, state: Any) -> Shortlist:
        """Return the options of `state` and those near the cheapest at prices ``2 t``, ``t = points``."""


@dataclass(slots=True, eq=False)
class LocalPasses:
    """All tasks in this process, on so many threads."""

    segments: Segments
    dual: SegmentDual
    threads: int

    @classmethod
    def start(cls, segments: Segments, n_resources: int, threads: int) -> LocalPasses:
        """Return passes over `segments` with no task placed yet."""
        return cls(segments, SegmentDual.start(segments, n_resources, threads), threads)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return self.dual.n_tasks

    @property
    def load(self) -> FloatArray:
        """Loads of the relaxation."""
        return self.dual.load

    def sweep(self, rng: np.random.Generator) -> None:
        """Move every task towards its cheapest option."""
        self.dual.sweep(rng.random(self.dual.n_tasks))

    def value(self) -> float:
        """Return the relaxed objective."""
        return self.dual.value()

    def bound(self) -> float:
        """Return L at the current loads."""
        return self.dual.bound()[0]

    def drawn(self) -> Array:
        """Return a copy of the drawn state."""
        return self.dual.state.copy()

    def load_of(self, state: Array) -> FloatArray:
        """Return the loads of `state`."""
        return load_of(self.segments, state, len(self.load), self.threads)[1]

    def reply(self, state: Array, load: FloatArray) -> tuple[int, FloatArray]:
        """Let every task reply once."""
        return reply(self.segments, state, load, self.threads)

    def codes(self, state: Array) -> Array:
        """Return `state` itself."""
        return state

    def shortlist(self, points: FloatArray, state: Array) -> Shortlist:
        """Return few options of every task."""
        return shortlist(self.segments, points, state, self.threads)
