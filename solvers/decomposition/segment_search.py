"""Bound and plan of the family `joint` straight from segments: for any number of tasks, in a few passes over them.

Prices come from block-coordinate Frank-Wolfe. Every task keeps one option drawn from its mix (the step's size is the
chance to take the option stepped towards), so the drawn plan has the relaxation's loads but for what chance adds; that
is randomised rounding without the mixes' options (P. Raghavan and C. Thompson, "Randomized rounding", Combinatorica 7,
1987). Cooperative replies and annealing among the options near the cheapest take it from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.joint.problem import JointProblem
from instances.columns import FloatArray
from solvers.contract import Budget
from solvers.decomposition.passes import Passes
from solvers.decomposition.polish import anneal, descend
from solvers.decomposition.segment_plan import segment_plan
from solvers.decomposition.segments import Segments
from solvers.decomposition.shortlist import Shortlist
from solvers.exact.claim import Claim
from solvers.joint_kernels import State, fill

__all__ = ["SegmentSearch"]

_FIRST_PLAN, _FIRST_SWEEPS = 6e-4, 6
_EVERY = 3
_CONVERGED = 1e-5
_QUIET = 1e-4
_PASSES_OF_A_SHORTLIST = 6.0
_MOST_REPLIES = 8
_TURNS = 20
_HOT = (0.03, 0.01, 0.003)
_COOLING = 0.1


@dataclass(slots=True, eq=False)
class SegmentSearch:
    """What is known so far: the relaxation, the loads behind the best bound, the seconds of a pass over the tasks.

    Parameters
    ----------
    problem : JointProblem
        With ``optimal`` sharing.
    names : Segments
        What `segment_plan` needs of the problem's segments.
    passes : Passes
        Over the tasks, wherever they are held.
    claim : Claim
        Where bounds and plans are reported.
    """

    problem: JointProblem
    names: Segments
    passes: Passes
    claim: Claim
    points: FloatArray
    pass_s: float = 0.0

    @classmethod
    def start(cls, problem: JointProblem, names: Segments, passes: Passes, claim: Claim) -> SegmentSearch | None:
        """Return a search that knows the bound without prices; None where some task has no option."""
        bound = passes.bound()
        if not np.isfinite(bound):
            return None
        claim.raise_bound(bound)
        return cls(problem, names, passes, claim, passes.load)

    @property
    def _budget(self) -> Budget:
        return self.claim.budget

    def run(self, sweeps: int, rng: np.random.Generator) -> int:
        """Raise the bound by at most `sweeps` sweeps and look for plans; return how many sweeps were made."""
        left = self.claim.trace.left(self._budget)
        enough = 0.4 * left if left < float("inf") else 0.0
        planned, done = False, 0
        while done < sweeps:
            began = self.claim.trace.clock.seconds()
            self.passes.sweep(rng)
            self.pass_s = self.claim.trace.clock.seconds() - began
            done += 1
            # a bound costs as much as a sweep, and the first prices are worth none
            due = (done > _EVERY and done % _EVERY == 0) or done in (4, _FIRST_SWEEPS, sweeps)
            if not due and self.claim.trace.left(self._budget) > enough:
                continue
            gap = self._raise_bound()
            late = self.claim.trace.left(self._budget) <= enough
            if not planned and (gap <= _FIRST_PLAN or done >= _FIRST_SWEEPS):
                self._reply(self.passes.drawn(), turns=2)
                planned = True
            if self.claim.closed or late or gap <= _CONVERGED:
                break
        if not self.claim.closed:
            self._polish(self._reply(self.passes.drawn(), turns=_MOST_REPLIES), rng)
        return done

    def _left(self, passes: float) -> float:
        """Return the seconds left after so many passes."""
        return self.claim.trace.left(self._budget) - passes * self.pass_s

    def _raise_bound(self) -> float:
        """Report the bound at the current loads; return the relaxation's relative gap to the best."""
        bound = self.passes.bound()
        if self.claim.bound is None or bound > self.claim.bound:
            self.points = self.passes.load.copy()
            self.claim.raise_bound(bound)
        assert self.claim.bound is not None
        value = self.passes.value()
        return (value - self.claim.bound) / value if value > 0 else 0.0

    def _reply(self, state: Any, turns: int) -> Any:
        """Let the tasks of a drawn plan reply until few move, report it, and return it."""
        load = self.passes.load_of(state)
        for _ in range(turns if self._left(1.0) > 0 else 0):
            moves, load = self.passes.reply(state, load)
            if moves <= _QUIET * self.passes.n_tasks or self._left(1.0) <= 0:
                break
        self.claim.offer(segment_plan(self.problem, self.names, self.passes.codes(state)))
        return state

    def _polish(self, state: Any, rng: np.random.Generator) -> None:
        """Anneal among the options near the cheapest, and report the plan where it is better."""
        if self._left(_PASSES_OF_A_SHORTLIST) <= 0:
            return
        few = self.passes.shortlist(self.points, state)
        counts = np.diff(few.game.task_offsets)
        task = np.flatnonzero(counts > 1)
        if not len(task) or self.claim.value is None:
            return
        choices = task, np.concatenate(([0], np.cumsum(counts[task]))), np.flatnonzero(np.repeat(counts > 1, counts))
        now = _state_of(few, len(self.points))
        for hot in _HOT:
            room = hot * self.claim.value / self.passes.n_tasks
            anneal(few.game, now, choices, room, _COOLING * room, _TURNS * len(task), rng)
            if self._left(1.0) <= 0:
                break
        descend(few.game, now, task, lambda: self._left(1.0) <= 0)
        self.claim.offer(segment_plan(self.problem, self.names, few.code[now.choice]))


def _state_of(few: Shortlist, n_resources: int) -> State:
    """Return the state in which every task has its first option."""
    state = State(few.game.task_offsets[:-1].copy(), np.zeros((2, n_resources)), np.zeros(0))
    fill(few.game, *state)
    return state
