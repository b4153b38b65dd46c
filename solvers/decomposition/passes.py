"""Passes over all tasks, wherever these are: what the search asks of them, and the passes of this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.blocks import SegmentDual
from solvers.decomposition.replies import load_of, reply
from solvers.decomposition.segment_finding import Found, find
from solvers.decomposition.segments import Segments
from solvers.decomposition.waves import spans_of

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

    def sweep(self, rng: np.random.Generator | None) -> None:
        """Move every task towards its cheapest option, as `solvers.decomposition.blocks.SegmentDual.sweep` does.

        The first sweep places all tasks and needs no chance: None.
        """

    def value(self) -> float:
        """Return the relaxed objective of the sweeps; inf where a task has no option."""

    def drawn(self) -> Any:
        """Return a state: the option of every task that was drawn from its mix."""

    def load_of(self, state: Any) -> tuple[float, FloatArray]:
        """Return the cost of `state` that no sharing changes, and what it puts on the resources."""

    def find(self, points: FloatArray, state: Any) -> Found:
        """Give every task its cheapest option at prices ``2 t``, ``t = points``; changes `state`."""

    def reply(self, state: Any, load: FloatArray) -> tuple[int, FloatArray]:
        """Let every task reply once; changes `state`. Returns how many moved, and the loads after that."""

    def changed(self, state: Any, task: IntArray, code: Array) -> Any:
        """Return a state of its own that is `state` but for other options of some tasks, rising, as found."""

    def codes(self, state: Any) -> Array:
        """Return the options of `state` by their numbers, shape (n_tasks, CODE)."""


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

    def sweep(self, rng: np.random.Generator | None) -> None:
        """Move every task towards its cheapest option."""
        self.dual.sweep(np.zeros(self.n_tasks) if rng is None else rng.random(self.n_tasks))

    def value(self) -> float:
        """Return the relaxed objective."""
        return self.dual.value()

    def drawn(self) -> Array:
        """Return a copy of the drawn state."""
        return self.dual.state.copy()

    def load_of(self, state: Array) -> tuple[float, FloatArray]:
        """Return cost and loads of `state`."""
        return load_of(self.segments, state, len(self.load), self.threads)

    def find(self, points: FloatArray, state: Array) -> Found:
        """Give every task its cheapest option."""
        return find(self.segments, points, state, spans_of(self.n_tasks), self.threads)

    def reply(self, state: Array, load: FloatArray) -> tuple[int, FloatArray]:
        """Let every task reply once."""
        return reply(self.segments, state, load, self.threads)

    def changed(self, state: Array, task: IntArray, code: Array) -> Array:
        """Return a copy of `state` with other options of some tasks."""
        after = state.copy()
        after[task] = code
        return after

    def codes(self, state: Array) -> Array:
        """Return `state` itself."""
        return state
