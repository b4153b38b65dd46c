"""Every study has a bound: one that its methods do not give costs a twentieth of a trial."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.comparison import run_study
from experiments.runner import RunnerOptions
from experiments.store import Store
from experiments.study import Study, study_of
from experiments.tables.frame import frame_of
from instances.errors import InputError


def study(*methods: str, **more: Any) -> Study:
    return study_of(
        {
            "name": "bounded",
            "seed": 1,
            "budget": {"seconds": 10},
            "instances": [{"generator": "line", "set": {"tasks": [3, 5]}}],
            "methods": [{"name": name} for name in methods],
            **more,
        }
    )


def test_methods_without_a_bound_are_given_one_and_no_row_is_added(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        run_study(study("greedy", "all-local"), store, options=RunnerOptions(), quiet=True)
        frame = frame_of(store)
        trials = [row["identity"] for row in store.trials(("id", "identity"))]
    assert set(frame["method"]) == {"greedy", "all-local"}
    assert frame["gap"].notna().all()
    assert frame["own_gap"].isna().all()
    budgets = [trial["budget"]["seconds"] for trial in trials if trial["method"] == "lagrangian"]
    assert budgets == [0.5, 0.5]


@pytest.mark.parametrize("methods", [("lagrangian", "greedy"), ("greedy",)])
def test_who_has_the_method_or_wants_none_is_given_none(tmp_path: Path, methods: tuple[str, ...]) -> None:
    bound = "lagrangian" if len(methods) > 1 else "none"
    with Store(tmp_path / "store.sqlite") as store:
        run_study(study(*methods, bound=bound), store, options=RunnerOptions(warm_up_s=0), quiet=True)
        assert len(list(store.trials(("id",)))) == 2 * len(methods)


def test_a_budget_of_evaluations_bounds_within_a_second(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        one = study("annealing", budget={"evaluations": 50})
        run_study(one, store, options=RunnerOptions(), quiet=True)
        budgets = [row["identity"]["budget"] for row in store.trials(("id", "identity"))]
        gaps = frame_of(store)["gap"]
    assert {(budget["seconds"], budget["evaluations"]) for budget in budgets} == {(None, 50), (1.0, None)}
    assert gaps.notna().all()


def test_a_bound_that_is_no_method_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store, pytest.raises(InputError, match="lagrangean"):
        run_study(study("greedy", bound="lagrangean"), store, quiet=True)


def test_the_key_survives_the_way_through_plain_data() -> None:
    for bound in ("none", "lagrangian"):
        one = study("greedy", bound=bound)
        assert study_of(one.as_dict()) == one


def test_schedules_are_bounded_by_their_own_method(tmp_path: Path) -> None:
    instances = [{"generator": "line", "set": {"tasks": [3]}, "family": "schedule"}]
    with Store(tmp_path / "store.sqlite") as store:
        run_study(study("heft", instances=instances), store, options=RunnerOptions(), quiet=True)
        frame = frame_of(store)
        methods = {row["identity"]["method"] for row in store.trials(("id", "identity"))}
    assert methods == {"heft", "schedule-bound"}
    assert frame["gap"].notna().all()
