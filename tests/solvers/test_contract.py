"""Budgets and outcomes validate themselves; a clock can be forgiven seconds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from instances.errors import InputError
from solvers.contract import Budget, Clock, Outcome, SolutionStatus, Termination


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seconds": 0.0}, "budget: seconds must be finite and > 0, got 0.0"),
        ({"seconds": -1.0}, "budget: seconds must be finite and > 0, got -1.0"),
        ({"seconds": math.nan}, "budget: seconds must be finite and > 0, got nan"),
        ({"seconds": math.inf}, "budget: seconds must be finite and > 0, got inf"),
        ({"evaluations": 0}, "budget: evaluations must be >= 1, got 0"),
        ({"threads": 0}, "budget: threads must be >= 1, got 0"),
        ({"memory_bytes": 0.0}, "budget: memory_bytes must be > 0, got 0.0"),
        ({"memory_bytes": math.nan}, "budget: memory_bytes must be > 0, got nan"),
        ({"tolerance": -1e-9}, "budget: tolerance must be in [0, 1), got -1e-09"),
        ({"tolerance": 1.0}, "budget: tolerance must be in [0, 1), got 1.0"),
        ({"tolerance": math.nan}, "budget: tolerance must be in [0, 1), got nan"),
    ],
)
def test_bad_budgets_are_refused_in_one_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        Budget(**fields)
    assert str(refused.value) == message


def test_a_budget_has_no_limits_unless_given() -> None:
    budget = Budget()
    assert (budget.seconds, budget.evaluations, budget.memory_bytes) == (None, None, None)
    assert (budget.threads, budget.tolerance) == (1, 1e-4)
    assert Budget(tolerance=0.0, seconds=1e-9, evaluations=1).tolerance == 0.0


@pytest.mark.parametrize("bound", [math.inf, -math.inf, math.nan])
def test_an_absent_bound_is_none_and_nothing_else(bound: float) -> None:
    with pytest.raises(ValueError, match="bound must be finite or None"):
        Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.COMPLETED, bound=bound)
    assert Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.COMPLETED).bound is None


def test_the_two_enums_share_no_word() -> None:
    assert not {str(t) for t in Termination} & {str(s) for s in SolutionStatus}


def test_forgiven_seconds_are_off_the_clock() -> None:
    clock = Clock()
    clock.forgive(100.0)
    assert clock.seconds() < 0
    clock.forgive(-200.0)
    assert clock.seconds() >= 100.0
