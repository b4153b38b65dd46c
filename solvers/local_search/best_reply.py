"""The method `best-reply`: every task in turn moves to its best option until nobody moves.

The cooperative reply moves where the objective falls most, so the objective is a potential and the
replies end. The selfish reply lowers the task's own part of the objective. Under ``optimal`` it has
the exact potential

    sum_k w_k c_k + 1/2 sum_r (y_r^2 + sum_k s_kr^2),    y_r = sum_k s_kr,

because a task that joins a resource of load Y pays ``s (Y + s)``, which is what the potential rises
by (a congestion game in the sense of Rosenthal, 1973, with Monderer and Shapley's exact potential,
1996). Under ``equal`` a task pays ``n_r b_kr``, with costs of its own for each number of users: such
games need not have a pure equilibrium (Milchtaich, 1996), and a state that repeats ends the run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.decomposition.equal_dual import EqualDual
from solvers.decomposition.relaxation import Relaxation
from solvers.joint_kernels import COOPERATIVE, SELFISH, Game, State, fill, game_of, reply_in_turn, value_of
from solvers.joint_setup import decline_table, open_table
from solvers.registry import register
from solvers.rules.greedy import NO_ROOM, TaskOrder, order_of, place_in_order

__all__ = ["BestReply", "BestReplyParams", "selfish_potential"]

Reply = Literal["cooperative", "selfish"]
_CHUNK = 65_536
_MOST_LISTED = 100
_CONVERGED = 1e-5
_STEPS_A_SWEEP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BestReplyParams(MethodParams):
    """Parameters of `best-reply`.

    Parameters
    ----------
    reply : {"cooperative", "selfish"}
        Whether a task lowers the objective or its own part of it.
    order : {"gain", "weight", "given", "random"}
        Who chooses first in the first run, as in `greedy`, and in its turns.
    restarts : int or None
        Further runs, each with a random order; none: until the budget of seconds ends.
    bound_sweeps : int
        Most sweeps of the relaxation for a bound that the equilibria are held against, which takes at most a tenth of
        the time left after the first run; 0: none.
    """

    reply: Reply = "cooperative"
    order: TaskOrder = "weight"
    restarts: int | None = 10
    bound_sweeps: int = 20

    def __post_init__(self) -> None:
        for name, kind in (("reply", Reply), ("order", TaskOrder)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    f"parameter {name}", f"must be one of {', '.join(get_args(kind))}", getattr(self, name)
                )
        if self.restarts is not None and self.restarts < 0:
            raise InputError("parameter restarts", "must be >= 0 or none", self.restarts)
        if self.bound_sweeps < 0:
            raise InputError("parameter bound_sweeps", "must be >= 0", self.bound_sweeps)


def selfish_potential(table: OptionTable, choice: IntArray) -> float:
    """Return the exact potential of the selfish reply under ``optimal`` (see the module's docstring)."""
    uses = np.concatenate([np.arange(table.use_offsets[p], table.use_offsets[p + 1]) for p in choice])
    root = table.use_root[uses]
    load = np.bincount(table.use_resource[uses], root, minlength=table.n_resources)
    return float(table.cost[choice].sum() + (load @ load + root @ root) / 2)


@dataclass(slots=True, kw_only=True)
class _Run:
    """How one run ended: `settled` where nobody moves, `cycle` the turns between equal states (0: none)."""

    settled: bool = False
    cycle: int = 0
    turns: int = 0
    moves: int = 0


@register(
    "best-reply",
    kind="local-search",
    citation="Rosenthal, Int. J. Game Theory 2, 1973; Monderer and Shapley, Games Econ. Behav. 14, 1996",
    anytime=True,
)
class BestReply:
    """Every task in turn takes its best option given the others', until nobody moves; with restarts."""

    Params: ClassVar[type[MethodParams]] = BestReplyParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: BestReplyParams | None = None) -> None:
        self.params = params or BestReplyParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations, and restarts without end."""
        if self.params.restarts is None and budget.seconds is None:
            return "restarts=none needs a limit of seconds"
        return decline_table(problem, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Reply in turn from a greedy state, then from random orders, and return the best state where nobody moves.

        `info` counts runs, turns, moves and the runs that ended where nobody moves (`rested`), and lists
        the values of these states (`settled`) and the lengths of cycles in turns, the first 100 of each. Unless
        `bound_sweeps` is 0 or the first run takes all the time, `over_bound` is each of these values over the bound: no equilibrium found costs more
        than the largest times the optimum, and the best of them no more than the smallest.
        """
        table = open_table(problem, trace)
        if isinstance(table, Outcome):
            return table
        game = game_of(table)
        others = COOPERATIVE if self.params.reply == "cooperative" else SELFISH
        best: tuple[bool, float, IntArray] | None = None
        settled: list[float] = []
        cycles: list[int] = []
        runs = turns = moves = rested = 0
        bound: float | None = None
        while self.params.restarts is None or runs <= self.params.restarts:
            order = order_of(table, "random" if runs else self.params.order, rng)
            state = place_in_order(table, game, order, others, lambda: trace.left(budget) <= 0, rng)
            if state is None:
                break
            if not runs:
                trace.incumbent(table.plan(state.choice))
            run = self._run(game, state, order, others, budget, trace)
            value = value_of(game, state.choice, state.loads)
            runs, turns, moves = runs + 1, turns + run.turns, moves + run.moves
            # a state where nobody moves goes before one of lower value where somebody would
            if best is None or (not run.settled, value) < (not best[0], best[1]):
                best = (run.settled, value, state.choice.copy())
                trace.incumbent(table.plan(state.choice))
            rested += run.settled
            if run.settled and len(settled) < _MOST_LISTED:
                settled.append(value)
            elif run.cycle and len(cycles) < _MOST_LISTED:
                cycles.append(run.cycle)
            if trace.left(budget) <= 0:
                break
            if runs == 1 and self.params.bound_sweeps:
                bound = self._bound(table, state.choice, value, budget, trace)
        late = trace.left(budget) <= 0 and (self.params.restarts is None or runs <= self.params.restarts)
        ended = Termination.TIME_LIMIT if late else Termination.COMPLETED
        if best is None:
            return Outcome(plan=None, status=SolutionStatus.NONE, termination=ended, bound=bound, reason=NO_ROOM)
        return Outcome(
            plan=table.plan(best[2]),
            status=SolutionStatus.FEASIBLE,
            termination=ended,
            bound=bound,
            reason="" if best[0] else "a state repeated" if cycles else "stopped before nobody moved",
            info={
                "runs": runs,
                "turns": turns,
                "moves": moves,
                "rested": rested,
                "settled": settled,
                "cycles": cycles,
                "over_bound": [value / bound for value in settled] if bound else [],
            },
        )

    def _bound(self, table: OptionTable, choice: IntArray, value: float, budget: Budget, trace: Trace) -> float:
        """Return the bound of the relaxation's sweeps, under ``equal`` raised by prices of the number of users.

        They start from the state `choice` of `value`.
        """
        enough = 0.0 if budget.seconds is None else 0.9 * trace.left(budget)

        def late() -> bool:
            return trace.left(budget) <= enough

        order, n = np.arange(table.n_tasks), 0
        relaxation = Relaxation.start(table, choice)
        best = relaxation.bound()
        while n < self.params.bound_sweeps and not late():
            relaxation.sweep(order)
            best, n = max(best, relaxation.bound()), n + 1
            if relaxation.value() - best <= _CONVERGED * abs(best):
                break
        if table.problem.options.sharing == "equal" and table.n_resources:
            dual = EqualDual.start(table, 2.0 * relaxation.load)
            steps = _STEPS_A_SWEEP * self.params.bound_sweeps
            best = max(best, dual.sharpen(value, relaxation.fixed_cost, relaxation.held(), steps, late)[0])
        trace.bound(best)
        return best

    def _run(self, game: Game, state: State, order: IntArray, others: float, budget: Budget, trace: Trace) -> _Run:
        """Let the tasks reply in turn until nobody moves, a state repeats, or time is out."""
        run = _Run()
        # under the other rules a potential falls, so no state repeats
        may_cycle = game.equal and others == SELFISH
        seen: dict[bytes, int] = {}
        while True:
            before = run.moves
            for begin in range(0, len(order), _CHUNK):
                run.moves += reply_in_turn(game, *state, order[begin : begin + _CHUNK], others)[0]
                if trace.left(budget) <= 0:
                    fill(game, *state)
                    return run
            run.turns += 1
            fill(game, *state)
            if run.moves == before:
                run.settled = True
                return run
            if may_cycle:
                digest = hashlib.blake2b(state.choice.tobytes(), digest_size=16).digest()
                if digest in seen:
                    run.cycle = run.turns - seen[digest]
                    return run
                seen[digest] = run.turns
