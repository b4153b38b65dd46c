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
from typing import Any

import numpy as np
from numba import njit

from instances.columns import FloatArray
from solvers.decomposition.blocks import certified
from solvers.decomposition.column_master import improve
from solvers.decomposition.passes import Passes
from solvers.decomposition.polish import anneal, descend
from solvers.decomposition.segment_pool import Pool, empty_pool, grown, pool_game
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
    passes : Passes
        Over the tasks, wherever they are held.

    Attributes
    ----------
    pool : Pool
        The tasks with more than one column.
    state : Any
        The option of every task outside the pool, where the tasks are; of those in it what the last pass found.
    load : array, shape (n_resources,)
        y_r of the mix.
    points : array, shape (n_resources,)
        t_r at which the next pass prices; the prices are twice that.
    bound : float
        The best so far, -inf before the first pass.
    """

    passes: Passes
    pool: Pool
    state: Any
    load: FloatArray
    points: FloatArray
    bound: float
    _rest_cost: float

    @classmethod
    def start(cls, passes: Passes, state: Any, points: FloatArray) -> SegmentMaster:
        """Return the master whose only columns are the options of `state`; the first pass prices at `points`."""
        rest_cost, load = passes.load_of(state)
        return cls(
            passes=passes,
            pool=empty_pool(),
            state=state,
            load=load,
            points=points.copy(),
            bound=-np.inf,
            _rest_cost=rest_cost,
        )

    def value(self) -> float:
        """Return the relaxed objective of the mix."""
        return self._rest_cost + float(np.dot(self.pool.cost, self.pool.weight) + np.dot(self.load, self.load))

    def step(self) -> float:
        """Price all tasks, mix again with the options found, for the next pass; return the certified bound."""
        found = self.passes.find(self.points, self.state)
        bound = certified(found.total, self.points)
        self.bound = max(self.bound, bound)
        self.pool, left = grown(self.pool, found, self.points, _NEAR)
        self._rest_cost += left
        self._mix()
        self.points = self.load.copy()
        return bound

    def plan(self, turns: int, hot: float, rng: np.random.Generator) -> Any:
        """Round the mix to one option a task; return a state of its own.

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
        if not len(members):
            return self.passes.changed(self.state, pool.task, pool.code)
        mixed = np.bincount(
            pool.resource, pool.root * np.repeat(pool.weight, np.diff(pool.use_offsets)), minlength=len(self.load)
        )
        game = pool_game(pool, self._rest_cost, np.maximum(self.load - mixed, 0.0))
        now = State(np.zeros(len(members) + 1, np.int64), np.zeros((2, len(self.load))), np.zeros(0))
        now.loads[0] = self.load
        _round(game, np.concatenate(([1.0], pool.weight)), now.loads, now.held, rng.permutation(members), now.choice)
        fill(game, *now)
        room = hot * self.value() / self.passes.n_tasks
        choices = members, pool.offsets, np.arange(1, len(pool.cost) + 1)
        anneal(game, now, choices, room, _COOLING * room, min(turns * len(members), _MOST_TRIALS), rng)
        descend(game, now, members)
        return self.passes.changed(self.state, pool.task, pool.code[now.choice[1:] - 1])

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
