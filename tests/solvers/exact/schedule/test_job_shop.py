"""The classic job shops: known optima are proven, and never beaten."""

from __future__ import annotations

import pytest

from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from instances.errors import InputError
from instances.job_shop import job_shop_benchmarks, job_shop_instance
from solvers.contract import SolutionStatus
from tests.audit import AUDIT
from tests.solvers.exact.schedule.runs import run

try:
    KNOWN = job_shop_benchmarks()
except InputError as error:
    KNOWN = {}
    WHY = str(error)
else:
    WHY = ""

classic = pytest.mark.skipif(not KNOWN, reason=WHY)


def shop(name: str) -> ScheduleProblem:
    one = KNOWN[name]
    instance = job_shop_instance(one["duration_matrix"], one["machines_matrix"], name)
    return ScheduleProblem(instance=instance, options=ScheduleOptions())


def test_a_shop_of_two_jobs_by_hand() -> None:
    # job 0: 3 on m0, 2 on m1; job 1: 2 on m0, 4 on m1: job 1 first, 2 + 4 + 2
    problem = ScheduleProblem(instance=job_shop_instance([[3, 2], [2, 4]], [[0, 1], [0, 1]]), options=ScheduleOptions())
    for name in ("schedule-cp-sat", "schedule-milp", "schedule-enumeration"):
        outcome, value = run(name, problem, None)  # compilation takes no time of a budget
        assert outcome.status is SolutionStatus.OPTIMAL
        assert value == pytest.approx(8.0)


def test_steps_without_machines_are_refused() -> None:
    with pytest.raises(InputError, match="machine"):
        job_shop_instance([[1, 2]], [[0]])
    with pytest.raises(InputError, match="from 0"):
        job_shop_instance([[1, 2]], [[0, -1]])


@classic
def test_ft06() -> None:
    outcome, value = run("schedule-cp-sat", shop("ft06"))
    assert outcome.status is SolutionStatus.OPTIMAL
    assert value == 55.0


@pytest.mark.slow
@classic
def test_ft10() -> None:
    outcome, value = run("schedule-cp-sat", shop("ft10"), 600.0)
    assert outcome.status is SolutionStatus.OPTIMAL
    assert value == 930.0


@pytest.mark.slow
@classic
@pytest.mark.parametrize("name", sorted(KNOWN)[:: 1 if AUDIT else 14])
def test_no_plan_beats_a_known_optimum_and_no_bound_passes_it(name: str) -> None:
    data = KNOWN[name]["metadata"]
    outcome, value = run("schedule-cp-sat", shop(name), 5.0)
    least, most = data["lower_bound"], data["upper_bound"]
    assert outcome.bound is None or outcome.bound <= most * (1 + 1e-9)
    assert value is None or value >= least * (1 - 1e-9)
    if data["optimum"] is not None and outcome.status is SolutionStatus.OPTIMAL:
        assert value == pytest.approx(data["optimum"], rel=1e-4)
