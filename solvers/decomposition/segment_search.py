"""Bound and plan of the family `joint` straight from segments: for any number of tasks, in a few passes over them.

The first passes are block-coordinate Frank-Wolfe (`solvers.decomposition.blocks`): from no prices at all to nearly right
ones, each task seeing what those before it did. Every task keeps one option drawn from its mix. From there a master over
the options of the tasks that waver takes a few passes to the best prices (`solvers.decomposition.segment_master`); its
mixes are rounded to a plan, and all tasks reply to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.joint.problem import JointProblem
from solvers.decomposition.passes import Passes
from solvers.decomposition.segment_master import SegmentMaster
from solvers.decomposition.segment_plan import segment_plan
from solvers.decomposition.segments import Segments
from solvers.exact.claim import Claim

__all__ = ["SegmentSearch"]

_SWEEPS = 4
_FIRST_PLAN = 6e-4
_CONVERGED = 1e-5
_QUIET = 1e-4
_MOST_REPLIES = 8
_PASSES_OF_A_PLAN = 3.0
_TRIES, _WORTH = 3, 1e-5
_FEW_TURNS, _TURNS, _HOT = 5, 100, 3e-3


@dataclass(slots=True, eq=False)
class SegmentSearch:
    """A search for prices and plans that ends within its budget, as far as a pass over the tasks does.

    Parameters
    ----------
    problem : JointProblem
        Bounds are those of ``optimal`` sharing, which hold for ``equal``.
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
    _pass_s: float

    @classmethod
    def start(cls, problem: JointProblem, names: Segments, passes: Passes, claim: Claim) -> SegmentSearch | None:
        """Return a search with every task placed once; None where some task has no option."""
        began = claim.trace.clock.seconds()
        passes.sweep(None)
        if not np.isfinite(passes.value()):
            return None
        return cls(problem, names, passes, claim, claim.trace.clock.seconds() - began)

    def run(self, passes: int, rng: np.random.Generator) -> int:
        """Raise the bound by at most `passes` passes over the tasks and look for plans; return how many were made."""
        done = 1
        while done < min(_SWEEPS, passes) and self._left(_PASSES_OF_A_PLAN + 1) > 0:
            self.passes.sweep(rng)
            done += 1
        master = SegmentMaster.start(self.passes, self.passes.drawn(), self.passes.load)
        planned = False
        while True:
            began = self.claim.trace.clock.seconds()
            self.claim.raise_bound(master.step())
            self._pass_s = self.claim.trace.clock.seconds() - began
            done += 1
            gap = 1.0 - master.bound / master.value() if master.value() > 0 else 0.0
            late = self._left(_PASSES_OF_A_PLAN + 1) <= 0
            if not planned and (gap <= _FIRST_PLAN or late):
                self._offer(self._replied(master.plan(_FEW_TURNS, _HOT, rng), most=1))
                planned = True
            if self.claim.closed or late or gap <= _CONVERGED or done >= passes:
                break
        for _ in range(_TRIES):
            before = self.claim.value
            if self.claim.closed or (planned and self._left(_PASSES_OF_A_PLAN) <= 0):
                break
            self._offer(self._replied(master.plan(_TURNS, _HOT, rng), most=_MOST_REPLIES))
            planned, after = True, self.claim.value
            # where limits were left out, there may be no plan
            if after is None or (before is not None and after > before * (1.0 - _WORTH)):
                break
        return done

    def _left(self, passes: float) -> float:
        """Return the seconds left after so many passes."""
        return self.claim.trace.left(self.claim.budget) - passes * self._pass_s

    def _offer(self, state: Any) -> None:
        self.claim.offer(segment_plan(self.problem, self.names, self.passes.codes(state)))

    def _replied(self, state: Any, most: int) -> Any:
        """Let all tasks reply at marginal cost until few move, at most so many times."""
        _, load = self.passes.load_of(state)
        for _ in range(most):
            if self._left(2.0) <= 0:
                break
            moves, load = self.passes.reply(state, load)
            if moves <= _QUIET * self.passes.n_tasks:
                break
        return state
