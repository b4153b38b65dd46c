"""Exact methods on the networks of SPSO-GA's study, each alone, with its deadlines D1 to D5."""

from __future__ import annotations

import pytest

from experiments.systems.bench import Bench, Run
from experiments.systems.smart_iot import FACTORS, Study
from formulations.schedule.problem import ScheduleProblem
from instances.smart_iot.servers import OpenFigures
from solvers.contract import Budget, SolutionStatus

BENCH = Bench()
BUDGET = Budget(seconds=60.0, threads=2)


def problems(network: str, several: int = 1) -> list[ScheduleProblem]:
    return Study(BENCH, OpenFigures()).problems([network] * several)


def proven(problem: ScheduleProblem, method: str = "schedule-cp-sat") -> Run:
    run = BENCH.run(method, problem, budget=BUDGET)
    assert run.outcome.status is SolutionStatus.OPTIMAL
    assert run.value is not None and run.outcome.bound is not None
    assert run.outcome.bound == pytest.approx(run.value, rel=1e-4)
    return run


@pytest.mark.parametrize("deadline", [0, 2])
def test_constraint_programming_proves_vgg19(deadline: int) -> None:
    problem = problems("vgg19")[deadline]
    assert proven(problem).value == pytest.approx(proven(problem, "schedule-chain-dp").value, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("deadline", range(len(FACTORS)))
@pytest.mark.parametrize("network", ["alexnet", "vgg19"])
def test_constraint_programming_proves_every_deadline_within_a_minute(network: str, deadline: int) -> None:
    problem = problems(network)[deadline]
    run = proven(problem)
    assert run.seconds <= 60.0
    assert run.value == pytest.approx(proven(problem, "schedule-chain-dp").value, rel=1e-9)
    assert run.outcome.info["start"] in ("list schedules", "schedule-chain-dp")


@pytest.mark.slow
@pytest.mark.parametrize("network,several", [("alexnet", 3), ("alexnet", 5), ("vgg19", 3), ("googlenet", 1)])
def test_there_is_a_plan_within_seconds_for_every_deadline(network: str, several: int) -> None:
    for problem in problems(network, several):
        run = BENCH.run("schedule-cp-sat", problem, budget=Budget(seconds=10.0, threads=2))
        assert run.value is not None and run.outcome.bound is not None
        assert run.outcome.bound <= run.value
        assert "schedule" in run.outcome.info["start"]
