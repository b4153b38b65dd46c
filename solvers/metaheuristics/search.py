"""What all population searches share: opening a problem, counting evaluations, reporting, stopping."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np

from instances.columns import Array, FloatArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.joint_setup import unsupported
from solvers.metaheuristics.blocks import blocks_of
from solvers.metaheuristics.encoding import Encoding, Start, encoding_of, n_options_of
from solvers.metaheuristics.schedule.encoding import MOST_BLOCKS, ScheduleEncoding, schedule_encoding

__all__ = [
    "DEFAULT_ITERATIONS",
    "PopulationParams",
    "Search",
    "better",
    "check_range",
    "decline_size",
    "first_population",
    "open_search",
]

MOST_OPTIONS = 10_000_000
"""Options a table may hold (some 250 bytes each while it is made)."""

_OPTIONS_PER_S = 1_000_000  # a cautious rate of making the table; measured 1 to 3 million on one core

DEFAULT_ITERATIONS = 1000
"""Iterations of a search whose budget limits neither seconds nor evaluations [the authors' parameter file]."""

_WORTH_REPORTING = 1e-3  # the referee takes longer than many evaluations


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationParams(MethodParams):
    """Parameters of every population search.

    Parameters
    ----------
    population : int
        Plans in the population.
    iterations : int or None
        Most iterations; none: until the budget ends, or 1000 where it limits neither seconds nor evaluations.
    start : {"random", "local", "alone", "lagrangian"}
        Drawn evenly: an edge and two cuts for every task in the family `joint`, genes in `schedule`;
        or one plan of them all on the devices; or one in which every task takes what is cheapest
        alone, or what is cheapest at the prices of a few sweeps of the relaxation (`joint` only).
    """

    population: int = 100
    iterations: int | None = None
    start: Start = "random"

    def __post_init__(self) -> None:
        if self.population < 2:
            raise InputError("parameter population", "must be >= 2", self.population)
        if self.iterations is not None and self.iterations < 1:
            raise InputError("parameter iterations", "must be >= 1 or none", self.iterations)
        if self.start not in get_args(Start):
            raise InputError("parameter start", f"must be one of {', '.join(get_args(Start))}", self.start)


def check_range(params: object, low: float, high: float, *names: str) -> None:
    """Raise `InputError` unless the parameters `names` lie in low..high."""
    for name in names:
        if not low <= getattr(params, name) <= high:
            raise InputError(f"parameter {name}", f"must be in {low:g}..{high:g}", getattr(params, name))


def better(value: float, excess: float, than_value: float, than_excess: float) -> bool:
    """Return whether a plan goes before another: what fits (better) first, then the lower value.

    Deb's rules: of two feasible plans the one of lower value, a feasible one before any other, of
    two infeasible ones the one of smaller excess.
    """
    return (excess, value) < (than_excess, than_value)


def decline_size(problem: Any, budget: Budget, *, merged: bool, start: Start = "random") -> str | None:
    """Return why the problem is too large for the encoding or for the budget's seconds, or has no such start, or None."""
    if problem.family == "schedule":
        if start == "lagrangian":
            return "the family schedule has no relaxation to start from: start must be random, local or alone"
        n = problem.n_operations - problem.n_tasks
        return None if n <= MOST_BLOCKS else f"its encoding is for at most {MOST_BLOCKS} layers in all; there are {n}"
    n = n_options_of(problem, blocks_of(problem.instance, merged=merged))
    table = f"its encoding on {'merged blocks' if merged else 'unmerged segments'} needs a table of {n:.3g} options"
    if n > MOST_OPTIONS:
        return f"{table}; the limit is {MOST_OPTIONS:.3g}"
    if budget.seconds is not None and n > _OPTIONS_PER_S * budget.seconds:
        return f"{table}, which may take {n / _OPTIONS_PER_S:.2g} s to make; the budget has {budget.seconds:g} s"
    return None


@dataclass(slots=True, kw_only=True)
class Search:
    """One run of a search.

    Parameters
    ----------
    encoding : Encoding or ScheduleEncoding
        Genes and their meaning.
    budget, trace : Budget, Trace
        What may be used, and where to report.
    iterations : int or None
        Most iterations.
    """

    encoding: Encoding | ScheduleEncoding
    budget: Budget
    trace: Trace
    iterations: int | None
    evaluations: int = 0
    iteration: int = 0
    genes: Array = field(default_factory=lambda: np.empty(0, np.int16))
    value: float = np.inf
    excess: float = np.inf
    _reported: float = np.inf
    _refereed_s: float = 0.0

    def __post_init__(self) -> None:
        if self.iterations is None and self.budget.seconds is None and self.budget.evaluations is None:
            self.iterations = DEFAULT_ITERATIONS

    def allowed(self, n: int) -> int:
        """Return how many of `n` evaluations the budget still allows."""
        return n if self.budget.evaluations is None else min(n, self.budget.evaluations - self.evaluations)

    def price(self, genes: Array) -> tuple[FloatArray, FloatArray]:
        """Price a population within `allowed`; keep and report the best plan."""
        value, excess = self.encoding.decode_and_price(genes)
        self.evaluations += len(genes)
        if len(genes):
            best = int(np.lexsort((value, excess))[0])
            self.offer(genes[best], float(value[best]), float(excess[best]))
        return value, excess

    def offer(self, genes: Array, value: float, excess: float) -> None:
        """Keep a priced plan if it is the best so far, and report it where that is worth it."""
        if not better(value, excess, self.value, self.excess):
            return
        self.genes, self.value, self.excess = genes.copy(), value, excess
        # the referee is off the clock, yet should not take more wall time than the search itself
        late = self._refereed_s > 0.25 * self.trace.clock.seconds() + 0.05
        if excess == 0.0 and not late and (self._reported == np.inf or value < self._worth()):
            self._report()

    def _worth(self) -> float:
        return self._reported - _WORTH_REPORTING * abs(self._reported)

    def _report(self) -> None:
        began = time.perf_counter()
        self.trace.incumbent(self.encoding.plan(self.genes))
        self._refereed_s += time.perf_counter() - began
        self._reported = self.value

    def ended(self) -> Termination | None:
        """Return why the search must stop now, or None."""
        if self.budget.evaluations is not None and self.evaluations >= self.budget.evaluations:
            return Termination.EVALUATION_LIMIT
        if self.trace.left(self.budget) <= 0:
            return Termination.TIME_LIMIT
        if self.iterations is not None and self.iteration >= self.iterations:
            return Termination.COMPLETED
        return None

    def progress(self, iterations: int = 0, evaluations: int = 0) -> float:
        """Return the part of the run that is over, 0..1; of seconds only where nothing else limits it.

        `iterations` and `evaluations` are those ahead of now.
        """
        parts = []
        if self.iterations is not None:
            parts.append((self.iteration + iterations) / self.iterations)
        if self.budget.evaluations is not None:
            parts.append((self.evaluations + evaluations) / self.budget.evaluations)
        if not parts and self.budget.seconds is not None:
            parts.append(1.0 - self.trace.left(self.budget) / self.budget.seconds)
        return min(max(parts, default=0.0), 1.0)

    def outcome(self, termination: Termination) -> Outcome:
        """Report the best plan and return it; none where no plan keeps the limits."""
        info = {"evaluations": self.evaluations, "iterations": self.iteration, "genes": len(self.encoding.n_values)}
        if self.excess > 0.0:
            reason = f"no plan was found that {self.encoding.missing.format(self.excess)}"
            if not len(self.genes):
                reason = "the budget ended before the first plan was priced"
            return Outcome(plan=None, status=SolutionStatus.NONE, termination=termination, reason=reason, info=info)
        plan = self.encoding.final_plan(self.genes)
        if self.value < self._reported or self.encoding.polishes:
            self.trace.incumbent(plan)
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=termination, info=info)


def open_search(
    problem: Any, budget: Budget, trace: Trace, *, merged: bool, iterations: int | None
) -> Search | Outcome:
    """Make the encoding.

    Returns
    -------
    Search or Outcome
        The outcome where the problem has no option table, or is proven to have no plan.
    """
    made = schedule_encoding if problem.family == "schedule" else encoding_of
    try:
        encoding = made(problem, merged=merged, threads=budget.threads)
    except InputError as error:
        return unsupported(str(error))
    if isinstance(encoding, int):
        return Outcome(
            plan=None,
            status=SolutionStatus.INFEASIBLE,
            termination=Termination.COMPLETED,
            reason=f"task {encoding} has no placement that meets its accuracy floor and fits the memory",
        )
    return Search(encoding=encoding, budget=budget, trace=trace, iterations=iterations)


def first_population(search: Search, params: PopulationParams, rng: np.random.Generator) -> Array:
    """Return the first population, cut to the evaluations allowed, shape (at most population, n_genes)."""
    genes = search.encoding.random(params.population, rng)
    if params.start != "random":
        genes[0] = search.encoding.start(params.start)
    return genes[: search.allowed(len(genes))]
