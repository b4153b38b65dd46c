"""Solve: one method on one instance, run as a trial is run, judged by the referee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from experiments.plan_file import write_plan
from experiments.plugins import load_plugins
from experiments.record import Record
from experiments.runner import RunnerOptions, Task, run_trials
from experiments.shelf import Shelf
from experiments.trial import Trial, make_trial
from formulations.registry import family
from formulations.score import Verdict
from instances.instance import Instance
from solvers.contract import Budget

__all__ = ["Solution", "solve_instance"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """What a method found, with the referee's word.

    `plan` is the family's plan (None where there is none), `record` the trial's record, `problem` what was asked.
    """

    trial: Trial
    record: Record
    problem: Any
    plan: Any | None

    @property
    def value(self) -> float | None:
        """The referee's value."""
        return self.record.value

    @property
    def bound(self) -> float | None:
        """The lower bound that the method certified."""
        return self.record.bound

    @property
    def gap(self) -> float | None:
        """(value - bound) / |value|."""
        return self.record.gap

    def as_dict(self) -> dict[str, Any]:
        """Return what ``tiercut solve --json`` prints."""
        record = self.record
        return {
            "method": self.trial.method,
            "status": str(record.status),
            "termination": str(record.termination),
            "value": record.value,
            "bound": record.bound,
            "gap": record.gap,
            "seconds": record.seconds,
            "verdict": None if record.verdict is Verdict.NONE else str(record.verdict),
            "reason": record.reason or None,
            "recovered": record.recovered,
            "instance": self.trial.instance,
            "seed": self.trial.study_seed,
            "params": dict(self.trial.params),
            "problem": self.trial.identity["problem"],
            "violations": list(record.violations),
            "measures": dict(record.measures),
            "info": dict(record.info),
        }

    def incumbents(self) -> pd.DataFrame:
        """Return the trace of incumbents: seconds and value."""
        return pd.DataFrame(list(self.record.incumbents), columns=["seconds", "value"])

    def write_plan(self, path: str | Path) -> None:
        """Write the plan as a plan file.

        Raises
        ------
        ValueError
            If there is no plan.
        """
        if self.record.plan is None:
            raise ValueError("there is no plan to write")
        about = {"method": self.trial.method, "params": self.trial.params, "value": self.value, "bound": self.bound}
        write_plan(path, self.problem, msgspec.json.decode(self.record.plan), about)


def solve_instance(
    instance: Instance,
    method: str,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int,
    budget: Budget,
    options: Mapping[str, Any] | None = None,
    family_name: str = "joint",
    plugins: Sequence[str] = (),
    force: bool = False,
    verbose: bool = False,
) -> Solution:
    """Run `method` on `instance` in a process of its own and judge its plan.

    Parameters
    ----------
    instance : Instance
        What to solve.
    method : str
        A registered name.
    settings : mapping, optional
        The method's parameters.
    seed : int
        Chance; the trial's own seed is hashed from it as a study's is.
    budget : Budget
        Wall seconds and the rest.
    options : mapping, optional
        Problem options.
    family_name : str
        Problem family.
    plugins : sequence of str
        The user's Python files.
    force : bool
        Allow more threads than cores.
    verbose : bool
        Let what the method prints through to stderr.

    Raises
    ------
    InputError
        If the method, a parameter or an option does not exist or is refused, or the budget has more threads than
        there are cores.
    """
    load_plugins(plugins)
    trial = make_trial(
        instance=instance.sha256,
        method=method,
        settings=settings,
        family_name=family_name,
        options=options,
        budget=budget,
        study_seed=seed,
    )
    with Shelf() as shelf:
        path = shelf.add(instance)
        problem = shelf.problem(trial.instance, family_name, dict(trial.options))
        task = Task(trial=trial, instance_path=str(path), problem=lambda: problem)
        [(_, record)] = run_trials([task], RunnerOptions(verbose=verbose, force=force), plugins)
    plan = None
    if record.plan is not None and record.value is not None:
        plan = family(family_name).plan_of(problem, msgspec.json.decode(record.plan))
    return Solution(trial=trial, record=record, problem=problem, plan=plan)
