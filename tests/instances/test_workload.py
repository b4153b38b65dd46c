"""What a workload refuses, one bad value at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.workload import WORKLOAD_DTYPES, Workload
from tests.instances.samples import small_instance

WORKLOAD = small_instance(0).workload
N = WORKLOAD.n_tasks


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("task_weight", -1.0, "task 1: weight must be finite and >= 0, got -1.0"),
        ("task_weight", np.inf, "task 1: weight must be finite and >= 0, got inf"),
        ("task_weight", np.nan, "task 1: weight must be finite and >= 0, got nan"),
        ("task_deadline_s", 0.0, "task 1: deadline_s must be > 0, got 0.0"),
        ("task_deadline_s", np.nan, "task 1: deadline_s must be > 0, got nan"),
        ("task_accuracy_floor", -0.1, "task 1: accuracy_floor must be in 0..1, got -0.1"),
        ("task_accuracy_floor", 1.1, "task 1: accuracy_floor must be in 0..1, got 1.1"),
        ("task_accuracy_floor", np.nan, "task 1: accuracy_floor must be in 0..1, got nan"),
        ("task_release_s", -1.0, "task 1: release_s must be finite and >= 0, got -1.0"),
        ("task_release_s", np.inf, "task 1: release_s must be finite and >= 0, got inf"),
    ],
)
def test_a_bad_task_is_named(name: str, value: float, message: str) -> None:
    values = getattr(WORKLOAD, name).copy()
    values[1] = value
    with pytest.raises(InputError) as refused:
        replace(WORKLOAD, **{name: values})
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("name", "value"),
    [("task_weight", 0.0), ("task_deadline_s", np.inf), ("task_accuracy_floor", 1.0), ("task_release_s", 0.0)],
)
def test_values_on_the_boundary_are_taken(name: str, value: float) -> None:
    replace(WORKLOAD, **{name: np.full(N, value)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task_weight": [1.0]}, f"workload.task_weight: must have as many rows as task_network ({N}), got 1"),
        ({"candidate_route": []}, f"workload.candidate_route: must have {N} rows, got 0"),
        ({"candidate_offsets": np.arange(N)}, f"workload.candidate_offsets: must rise from 0 to {N} in {N + 1} rows"),
        ({"candidate_offsets": np.arange(N + 1) + 1}, "workload.candidate_offsets: must rise from 0"),
        ({"candidate_offsets": [0, 2, 1, *range(3, N + 1)]}, "workload.candidate_offsets: must rise from 0"),
        ({"task_network": np.full(N, 0.5)}, "workload.task_network: must be a column of int16 ("),
        ({"task_source": np.full(N, 2**31)}, "workload.task_source: must be a column of int32 ("),
        ({"task_weight": np.ones((N, 1))}, f"workload.task_weight: must have one axis, got ({N}, 1)"),
    ],
)
def test_a_bad_column_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        replace(WORKLOAD, **changes)
    assert str(refused.value).startswith(message)


def test_a_workload_has_a_task() -> None:
    nothing = {name: [] for name in WORKLOAD_DTYPES} | {"candidate_offsets": [0]}
    with pytest.raises(InputError, match=r"^workload: needs at least one task, got 0$"):
        Workload(**nothing)  # type: ignore[arg-type]


def test_tasks_know_their_candidates() -> None:
    load = replace(WORKLOAD, candidate_offsets=[0, 0, N, *[N] * (N - 2)])
    assert [len(load.candidates_of(k)) for k in range(3)][:2] == [0, N]
