"""The contract of methods: what every registered method must keep, the workbench's own or a user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

from experiments.contracts.check import Check, checked, frozen_fault
from experiments.plugins import plugin_files
from experiments.solution import Solution, solve_instance
from formulations.registry import family, family_names
from formulations.score import Verdict
from instances.generators.registry import generate
from instances.instance import Instance
from solvers.contract import Budget, MethodParams, SolutionStatus, Termination
from solvers.registry import MethodEntry, entry, make, params_of

__all__ = ["CHECKS", "check_method"]

_ENDED = (Termination.COMPLETED, Termination.EVALUATION_LIMIT)
_OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "joint": ({"sharing": "optimal"}, {"sharing": "equal"}),
    "cut": ({}, {"latency_weight": 0.0, "bottleneck_weight": 1.0, "versions": "any"}),
    "placement": ({}, {"contiguous": False}),
    "schedule": ({}, {"makespan_weight": 0.0, "energy_weight": 1.0, "links": "serial"}),
}
"""Problem options that the small instances are solved under, of families that have more than their defaults to show."""


def check_method(name: str) -> list[Check]:
    """Run the suite on a registered method.

    Every run is a trial in a process of its own, so that a method that hangs or crashes fails its check and nothing
    else. It takes some seconds.

    Returns
    -------
    list of Check
        One a clause, in the order of `CHECKS`.

    Raises
    ------
    InputError
        If there is no such method.
    """
    chosen = entry(name)
    runs = _Runs(chosen)
    return checked(CHECKS, runs)


_Asked = tuple[str, dict[str, Any]]
"""A family, and the options of its problem."""


class _Runs:
    """The trials that the clauses look at, run once."""

    def __init__(self, chosen: MethodEntry) -> None:
        self.entry = chosen
        self._solved: dict[tuple[Any, ...], Solution] = {}
        known = sorted(set(make(chosen.name).families) & set(family_names()))
        self.problems = [(name, options) for name in known for options in _OPTIONS.get(name, ({},))]

    def solve(self, tasks: int, seed: int, asked: _Asked, budget: Budget, again: int = 0) -> Solution:
        """Return the solution on a small instance; `again` asks for another run of the same."""
        name, options = asked
        key = (tasks, seed, name, str(options), budget, again)
        if key not in self._solved:
            self._solved[key] = solve_instance(
                _instance(tasks, seed),
                self.entry.name,
                seed=seed,
                budget=budget,
                options=options,
                family_name=name,
                plugins=plugin_files(),
            )
        return self._solved[key]

    def small(self) -> Iterator[Solution]:
        """Yield solutions on tiny instances, of every family that the method takes."""
        for seed in (1, 2):
            for asked in self.problems:
                yield self.solve(3, seed, asked, Budget(seconds=10.0, evaluations=500))


def _instance(tasks: int, seed: int) -> Instance:
    if tasks <= 6:
        settings = {"tasks_low": str(tasks), "tasks_high": str(tasks), "memory": "none" if seed == 1 else "loose"}
        return generate("tiny", settings, seed)
    return generate("line", {"tasks": str(tasks)}, seed)


def _describes(runs: _Runs) -> str:
    one = runs.entry
    if not one.summary:
        return "the class needs a docstring: its first line is the summary"
    unknown = set(make(one.name).families) - set(family_names())
    return f"unknown families: {', '.join(sorted(unknown))}" if unknown else ""


def _freezes(runs: _Runs) -> str:
    cls = params_of(runs.entry.cls)
    if not (is_dataclass(cls) and issubclass(cls, MethodParams)):
        return "Params must be a dataclass that derives from MethodParams"
    return frozen_fault(make(runs.entry.name).params, "Params")


def _declines(runs: _Runs) -> str:
    for seed in (1, 2):
        for name, options in runs.problems:
            chosen = family(name)
            problem = chosen.problem(_instance(3, seed), chosen.Options(**options))
            said = make(runs.entry.name).decline(problem, Budget(seconds=10.0))
            if said is not None and (not isinstance(said, str) or len(said.split()) < 2 or "\n" in said):
                return f"decline must return None or one sentence, got {said!r}"
    return ""


def _ends(runs: _Runs) -> str:
    for solution in runs.small():
        record = solution.record
        if record.termination in (Termination.CRASHED, Termination.UNAVAILABLE):
            return f"{record.termination}: {record.reason}"
    return ""


def _accepted(runs: _Runs) -> str:
    for solution in runs.small():
        if solution.record.verdict is Verdict.WRONG:
            return solution.record.reason
    return ""


def _bounded(runs: _Runs) -> str:
    best: dict[str, float] = {}
    for solution in runs.small():
        if solution.value is not None:
            key = solution.trial.problem_id
            best[key] = min(solution.value, best.get(key, solution.value))
        if solution.bound is not None and solution.value is not None and solution.bound > solution.value * (1 + 1e-6):
            return f"bound {solution.bound:.9g} above its own value {solution.value:.9g}"
        if solution.record.status is SolutionStatus.INFEASIBLE:
            return "claims that no plan exists where every task fits on its device"
    return ""


def _repeats(runs: _Runs) -> str:
    budget = Budget(seconds=30.0, evaluations=500)
    for asked in runs.problems:
        first, second = (runs.solve(3, 1, asked, budget, again) for again in (0, 1))
        if first.record.termination in _ENDED and second.record.termination in _ENDED:
            if first.record.plan != second.record.plan:
                return f"two runs with one seed gave two plans ({first.value}, {second.value}) with {asked}"
        elif first.record.termination is not second.record.termination:
            return f"one run ended {first.record.termination}, the other {second.record.termination}"
    return ""


def _hurries(runs: _Runs) -> str:
    for asked in runs.problems[:1]:
        record = runs.solve(20, 3, asked, Budget(seconds=1.0)).record
        if record.termination is Termination.TIME_LIMIT and "from outside" in record.reason:
            return "did not stop by itself at a budget of 1 s"
    return ""


CHECKS: dict[str, Callable[[_Runs], str]] = {
    "describes itself": _describes,
    "has frozen parameters": _freezes,
    "declines with a sentence": _declines,
    "ends without a crash": _ends,
    "is accepted by the referee": _accepted,
    "bounds no higher than its value": _bounded,
    "repeats itself with the same seed": _repeats,
    "keeps the time limit": _hurries,
}
"""The clauses: each returns what is wrong, or an empty text."""
