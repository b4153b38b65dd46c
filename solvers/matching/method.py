"""The method `matching`: deferred acceptance with quotas, then swap matching with externalities."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.joint_kernels import COOPERATIVE, SELFISH, Game, State, empty_state, fill, game_of
from solvers.joint_setup import decline_table, open_table
from solvers.matching.blocking_pairs import Acceptance
from solvers.matching.deferred_acceptance import deferred_acceptance
from solvers.matching.sites import Sites, default_quota, sites_of
from solvers.matching.swap_matching import places_of, seat, try_steps
from solvers.registry import register

__all__ = ["Matching", "MatchingParams", "first_matching"]

_PAIRS = 20_000
"""Pairs that are tried between two looks at the clock."""
_ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingParams(MethodParams):
    """Parameters of `matching`.

    Parameters
    ----------
    acceptance : {"selfish", "cooperative"}
        Whether a swap must leave no affected task worse, or lower the objective.
    quota : int or None
        Most tasks that an edge serves; none: ``ceil(slack * tasks / edges)`` over the edges that some
        task reaches.
    slack : float
        See `quota`.
    """

    acceptance: Acceptance = "selfish"
    quota: int | None = None
    slack: float = 1.5

    def __post_init__(self) -> None:
        if self.acceptance not in get_args(Acceptance):
            raise InputError(
                "parameter acceptance", f"must be one of {', '.join(get_args(Acceptance))}", self.acceptance
            )
        if self.quota is not None and self.quota < 1:
            raise InputError("parameter quota", "must be >= 1 or none", self.quota)
        if not 0 < self.slack < np.inf:
            raise InputError("parameter slack", "must be finite and > 0", self.slack)


def first_matching(table: OptionTable, sites: Sites) -> IntArray:
    """Return the slot of each task by deferred acceptance without externalities, -1 where it has no site.

    A task ranks the sites that are better than its device by its cost there with its best cut and
    every resource to itself. A site ranks tasks by what they save against their device per second
    that they take of shared resources; the dearest site stands for the device where a task cannot run there.
    """
    cost, option = sites.least(table.alone_cost())
    seconds = np.bincount(table.use_option(), table.use_seconds, minlength=table.n_options)
    device = cost[sites.place_offsets[:-1]]
    dearest = np.maximum.reduceat(np.where(np.isinf(cost), -np.inf, cost), sites.place_offsets[:-1])
    task = np.repeat(np.arange(table.n_tasks), np.diff(sites.place_offsets))
    rows = np.flatnonzero((sites.slot_site >= 0) & np.isfinite(cost) & (cost < device[task]))
    saved = np.where(np.isinf(device), dearest, device)[task[rows]] - cost[rows]
    demand = seconds[option[rows]]
    with np.errstate(divide="ignore", over="ignore"):
        score = np.where(demand > 0, saved / np.where(demand > 0, demand, 1.0), np.inf)
    offsets = np.searchsorted(rows, sites.place_offsets)
    match = deferred_acceptance(offsets, sites.slot_site[rows], cost[rows], score, sites.quota)
    return np.where(match >= 0, rows[match] if len(rows) else -1, -1)


@register(
    "matching",
    kind="matching",
    citation=(
        "Gale and Shapley, Amer. Math. Monthly 69, 1962; Bodine-Baron et al., SAGT 2011; the use for DNN parts is that of "
        "DINA (Mohammed et al., INFOCOM 2020, doi 10.1109/INFOCOM41043.2020.9155237), in our reconstruction"
    ),
    deterministic=True,
    anytime=True,
)
class Matching:
    """Tasks and sites: deferred acceptance with quotas, then swaps until two-sided exchange-stable.

    A task's utility at a site is its own cost with its best cut under the current loads. Stability is
    local; nothing is claimed beyond it.
    """

    Params: ClassVar[type[MethodParams]] = MatchingParams
    families: ClassVar[frozenset[str]] = frozenset({"joint"})

    def __init__(self, params: MatchingParams | None = None) -> None:
        self.params = params or MatchingParams()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline a limit of evaluations, and a table that the budget has no time for."""
        return decline_table(problem, budget)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Match, then swap until stable, until a state repeats, or until the budget ends.

        `info` says whether the matching is `stable` and whether a state `repeated`, and counts passes,
        moves, swaps and tasks without a site after deferred acceptance.
        """
        table = open_table(problem, trace, local_first=False)
        if isinstance(table, Outcome):
            return table
        quota = self.params.quota if self.params.quota is not None else default_quota(table, self.params.slack)
        sites = sites_of(table, quota)
        game, places = game_of(table), places_of(sites)
        others = COOPERATIVE if self.params.acceptance == "cooperative" else SELFISH
        wanted = first_matching(table, sites)
        matched, urgent = np.flatnonzero(wanted >= 0), np.empty(0, dtype=np.int64)
        for _ in range(_ATTEMPTS):
            state = empty_state(table)
            slot, count = np.full(table.n_tasks, -1), np.zeros(len(sites.quota), dtype=np.int64)
            # who was lost before, then the matched ones, so that nobody takes their place, then the rest
            turn = np.concatenate((urgent, matched, np.arange(table.n_tasks)))
            target = np.full(len(turn), -1)
            target[len(urgent) : len(urgent) + len(matched)] = wanted[matched]
            lost = seat(game, places, state, turn, target, slot, count, others)
            if lost < 0:
                break
            # who found no place goes first in the next attempt
            urgent = np.concatenate(([lost], urgent[urgent != lost]))
        else:
            return Outcome(
                plan=None,
                status=SolutionStatus.NONE,
                termination=Termination.COMPLETED,
                reason=f"task {lost} found no place within the quotas ({quota}) and memory limits",
            )
        trace.incumbent(table.plan(state.choice))
        info: dict[str, Any] = {"quota": quota, "without_site": int((wanted < 0).sum())}
        info |= self._swap(game, places, state, slot, count, budget, trace)
        plan = table.plan(state.choice)
        trace.incumbent(plan)
        stopped = not (info["stable"] or info["repeated"])
        return Outcome(
            plan=plan,
            status=SolutionStatus.FEASIBLE,
            termination=Termination.TIME_LIMIT if stopped else Termination.COMPLETED,
            reason="stopped before it was stable" if stopped else "a state repeated" if info["repeated"] else "",
            info=info,
        )

    def _swap(
        self, game: Game, places: Any, state: State, slot: IntArray, count: IntArray, budget: Budget, trace: Trace
    ) -> dict[str, Any]:
        """Pass over all moves until none is accepted, then over all pairs, until neither changes anything."""
        others = COOPERATIVE if self.params.acceptance == "cooperative" else SELFISH
        n = len(slot)
        # a task has n exchanges, and a selfish move is held against all n tasks
        chunk, stride = max(1, _PAIRS // n), max(1, 20 * _PAIRS // n)
        moves = swaps = passes = 0
        seen: set[bytes] = set()
        while True:
            fill(game, *state)
            before = state.loads.copy()
            swapped = swaps
            moved = -1
            while moved != moves:
                moved = moves
                for begin in range(0, n, stride):
                    if trace.left(budget) <= 0:
                        return _counts(passes, moves, swaps)
                    end = min(begin + stride, n)
                    moves += try_steps(game, places, state, before, slot, count, begin, end, others, False)
            for begin in range(0, n, chunk):
                if trace.left(budget) <= 0:
                    return _counts(passes, moves, swaps)
                end = min(begin + chunk, n)
                swaps += try_steps(game, places, state, before, slot, count, begin, end, others, True)
            passes += 1
            if swaps == swapped:
                return _counts(passes, moves, swaps, stable=True)
            # the objective falls with every step, so this is for what rounding might do
            digest = hashlib.blake2b(state.choice.tobytes(), digest_size=16).digest()
            if digest in seen:
                return _counts(passes, moves, swaps, repeated=True)
            seen.add(digest)


def _counts(passes: int, moves: int, swaps: int, *, stable: bool = False, repeated: bool = False) -> dict[str, Any]:
    return {"stable": stable, "repeated": repeated, "passes": passes, "moves": moves, "swaps": swaps}
