"""Prices by simplicial decomposition over segments, and plans rounded from its mixes.

Frank-Wolfe keeps sums only, so it cannot take mass away from an option that it once stepped towards, and zigzags. The
master keeps the options themselves of the few tasks that waver (`solvers.decomposition.segment_pool`) and mixes them
best: ``min c z + sum_r y_r^2`` over their simplices, by the pairwise steps of `solvers.decomposition.column_master`.
A pass over all tasks at prices ``2 t`` gives the certified bound and the columns that are missing; the next points t are
the master's loads. The square makes them unique, so they need no stabilisation. Simplicial decomposition: B. von
Hohenbalken, Math. Program. 13, 1977.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

import numpy as np
from numba import njit

from instances.columns import Array, BoolArray, FloatArray
from solvers.decomposition.blocks import certified, pricing_spans, side_by_side
from solvers.decomposition.column_master import improve
from solvers.decomposition.polish import anneal, descend
from solvers.decomposition.replies import load_of
from solvers.decomposition.segment_pool import Pool, empty_pool, grown, pool_game
from solvers.decomposition.segment_pricing import Room, find_block, room_for
from solvers.decomposition.segments import Segments
from solvers.joint_kernels import State, fill, marginal, put

__all__ = ["SegmentMaster"]

_NEAR = 1e-3
_PASSES = 50
_SOLVED = 1e-6
_COOLING = 0.02
_MOST_TRIALS = 5_000_000


@dataclass(slots=True, eq=False)
class SegmentMaster:
    """Columns, their mix and the points to price at next.

    Parameters
    ----------
    segments : Segments
        Of the problem.
    threads : int
        How many blocks are priced at a time.

    Attributes
    ----------
    pool : Pool
        The tasks with more than one column.
    state : int array, shape (n_tasks, CODE)
        The option of every task outside the pool.
    load : array, shape (n_resources,)
        y_r of the mix.
    points : array, shape (n_resources,)
        t_r at which the next pass prices; the prices are twice that.
    bound : float
        The best so far, -inf before the first pass.
    """

    segments: Segments
    threads: int
    pool: Pool
    state: Array
    load: FloatArray
    points: FloatArray
    bound: float
    _rest_cost: float
    _found: Array
    _differs: BoolArray
    _rooms: list[Room]

    @classmethod
    def start(cls, segments: Segments, state: Array, points: FloatArray, threads: int) -> SegmentMaster:
        """Return the master whose only columns are the options of `state`; the first pass prices at `points`."""
        rest_cost, load = load_of(segments, state, len(points), threads)
        return cls(
            segments=segments,
            threads=threads,
            pool=empty_pool(),
            state=state.copy(),
            load=load,
            points=points.copy(),
            bound=-np.inf,
            _rest_cost=rest_cost,
            _found=np.empty_like(state),
            _differs=np.empty(len(state), dtype=np.bool_),
            _rooms=[room_for(segments) for _ in pricing_spans(len(state))],
        )

    def value(self) -> float:
        """Return the relaxed objective of the mix."""
        return self._rest_cost + float(np.dot(self.pool.cost, self.pool.weight) + np.dot(self.load, self.load))

    def step(self) -> float:
        """Price all tasks, mix again with the options found, for the next pass; return the certified bound."""
        jobs = [
            (*span, self.points, self.segments, room, self.state, self._found, self._differs)
            for span, room in zip(pricing_spans(len(self.state)), self._rooms, strict=True)
        ]
        bound = certified(fsum(side_by_side(find_block, jobs, self.threads)), self.points)
        self.bound = max(self.bound, bound)
        self.pool, left = grown(
            self.segments, self._rooms[0], self.pool, self.state, self._found, self._differs, self.points, _NEAR
        )
        self._rest_cost += left
        self._mix()
        self.points = self.load.copy()
        return bound

    def plan(self, turns: int, hot: float, rng: np.random.Generator) -> Array:
        """Round the mix to one option a task, shape (n_tasks, CODE).

        The tasks of the pool in random order take the option that raises the objective least, given the loads that are
        expected of those still mixed: chance is replaced by its mean, as in P. Raghavan, "Probabilistic construction of
        deterministic algorithms", J. Comput. Syst. Sci. 37, 1988. Annealing and replies within the pool follow.

        Parameters
        ----------
        turns : int
            Trials of the annealing a task of the pool; where they are very many, fewer.
        hot : float
            Its first temperature as a share of the mean cost of a task.
        rng : Generator
            Source of chance.
        """
        pool, members = self.pool, np.arange(1, len(self.pool.task) + 1)
        state = self.state.copy()
        if not len(members):
            return state
        mixed = np.bincount(
            pool.resource, pool.root * np.repeat(pool.weight, np.diff(pool.use_offsets)), minlength=len(self.load)
        )
        game = pool_game(pool, self._rest_cost, np.maximum(self.load - mixed, 0.0))
        now = State(np.zeros(len(members) + 1, np.int64), np.zeros((2, len(self.load))), np.zeros(0))
        now.loads[0] = self.load
        _round(game, np.concatenate(([1.0], pool.weight)), now.loads, now.held, rng.permutation(members), now.choice)
        fill(game, *now)
        room = hot * self.value() / len(state)
        choices = members, pool.offsets, np.arange(1, len(pool.cost) + 1)
        anneal(game, now, choices, room, _COOLING * room, min(turns * len(members), _MOST_TRIALS), rng)
        descend(game, now, members)
        state[pool.task] = pool.code[now.choice[1:] - 1]
        return state

    def _mix(self) -> None:
        """Mix the columns until the master's own gap is small."""
        pool, n = self.pool, len(self.pool.code)
        nobody = np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0)
        for column in nobody:
            column.flags.writeable = False
        memory = np.zeros(0), np.zeros(0), np.zeros(0)
        enough = _SOLVED * self.value()
        for _ in range(_PASSES):
            gap = improve(
                pool.offsets,
                pool.cost,
                pool.use_offsets,
                pool.resource,
                pool.root,
                *nobody,
                pool.weight,
                self.load,
                *memory,
            )
            if gap <= enough:
                break


@njit(cache=True, error_model="numpy")
def _round(game, weight, loads, held, order, choice):
    """Give the tasks of `order` in turn the option of least marginal cost, given the mean loads of the others."""
    for k in order:
        for p in range(game.task_offsets[k], game.task_offsets[k + 1]):
            for u in range(game.use_offsets[p], game.use_offsets[p + 1]):
                loads[0, game.resource[u]] -= weight[p] * game.use[u]
        least = np.inf
        for p in range(game.task_offsets[k], game.task_offsets[k + 1]):
            cost = marginal(game, loads, p, 1.0)
            if cost < least:
                least, choice[k] = cost, p
        put(game, loads, held, choice[k], 1.0)
