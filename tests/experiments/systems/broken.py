"""Broken methods, to see claims fail; and verdicts of a reproduction by claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.systems.bench import Bench
from experiments.systems.reproduction import Reproduction, reproduce
from experiments.systems.system import system_named
from formulations.cut.cases import cases_of
from solvers.contract import MethodParams, Outcome, SolutionStatus, Termination
from solvers.registry import make

DATA = Path(__file__).parents[4] / "shared" / "data"
NO_PROFILES = not (DATA / "ionn-profiles").is_dir()
WITHOUT = "no ../shared/data/ionn-profiles: the profiles that IONN's authors publish"

Choose = Callable[[Any, np.random.Generator], Any]


class Broken:
    """Takes every problem, and the plan (and info) that `choose` gives."""

    Params = MethodParams
    families = frozenset({"cut"})
    params = MethodParams()

    def __init__(self, choose: Choose, rng: np.random.Generator) -> None:
        self.choose, self.rng = choose, rng

    def decline(self, problem: Any, budget: Any) -> None:
        return None

    def solve(self, problem: Any, budget: Any, rng: np.random.Generator, trace: Any) -> Outcome:
        plan, info = self.choose(problem, self.rng)
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED, info=info)


def broken(choose: Choose) -> Callable[[], Any]:
    """Return what stands in for a method; its chance goes on from call to call."""
    rng = np.random.default_rng(5)
    return lambda: Broken(choose, rng)


def cut_plan(problem: Any, *cuts: int) -> Any:
    """Return the plan that passes to the next level behind each of these layers."""
    case = next(cases_of(problem))
    return case.plan(np.sum([np.arange(case.n_layers) > cut for cut in cuts], axis=0).astype(np.int64))


def any_cut(problem: Any, rng: np.random.Generator) -> Any:
    """Cut anywhere."""
    cuts = sorted(rng.integers(0, len(problem.network), size=len(problem.levels) - 1).tolist())
    return cut_plan(problem, *cuts), {}


def on_the_device(problem: Any, rng: np.random.Generator) -> Any:
    """Run everything on the device."""
    return cut_plan(problem, *[len(problem.network) - 1] * (len(problem.levels) - 1)), {}


def as_registered(method: str, change: Callable[[Outcome], tuple[Any, Mapping[str, Any]]], **params: Any) -> Choose:
    """Return what runs the registered method and changes its outcome."""

    def choose(problem: Any, rng: np.random.Generator) -> Any:
        from formulations.registry import family
        from solvers.contract import Budget
        from solvers.trace import RefereedTrace

        trace = RefereedTrace(lambda plan: family("cut").evaluate(problem, plan))
        return change(make(method, params).solve(problem, Budget(), rng, trace))

    return choose


def reproduced(
    name: str, replaced: Mapping[str, Callable[[], Any]] | None = None, *, data: bool = False
) -> Reproduction:
    """Return the reproduction of a system, with methods replaced; a crash is an error here."""
    found = reproduce(system_named(name), Bench(replaced=replaced or {}, data=DATA if data else None))
    assert not found.error, found.error
    return found


def verdicts(found: Reproduction) -> dict[str, str]:
    """Return claim to verdict."""
    return {one.claim.name: str(one.verdict) for one in found.claims}
