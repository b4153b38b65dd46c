"""PAR10, time, time to target, classes, shares."""

from __future__ import annotations

import math

import pytest

from experiments.judge import measures_of
from experiments.metrics.coverage import CLASSES, class_of
from experiments.metrics.metric import metric
from experiments.metrics.target import times_to_target
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from tests.experiments.dummies import local_plan
from tests.experiments.frames import frame_from, trial


def test_par10_is_ten_limits_where_nothing_is_proven() -> None:
    rows = [
        trial("a", "proven", 9.0, seconds=3.0),
        trial("a", "late", 9.0, seconds=300.0),
        trial("a", "unproven", 10.0),
        trial("a", "none", None),
        trial("a", "absent", None, termination="not run"),
        trial("a", "unlimited", 10.0, limit_s=None),
    ]
    found = metric("par10").of(frame_from(rows)).tolist()
    assert found[:4] == [3.0, 100.0, 100.0, 100.0]
    assert math.isnan(found[4])
    assert math.isnan(found[5])


def test_time_without_a_plan_is_the_limit() -> None:
    rows = [trial("a", "m", 9.0, seconds=3.0), trial("a", "n", None, seconds=0.1)]
    assert metric("time").of(frame_from(rows)).tolist() == [3.0, 10.0]


def test_time_to_target_is_that_of_the_first_plan_within_it() -> None:
    rows = [
        trial("a", "m", 9.0, seconds=5.0, incumbents=[[1.0, 12.0], [2.0, 9.05], [3.0, 9.0]]),
        trial("a", "handed in at the end", 9.0, seconds=5.0),
        trial("a", "never", 12.0, incumbents=[[1.0, 12.0]]),
        trial("a", "wrong", None, code="WR", incumbents=[[1.0, 9.0]]),
    ]
    assert times_to_target(frame_from(rows)).tolist() == [2.0, 5.0, math.inf, math.inf]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"value": 9.0}, "optimal"),
        ({"value": 10.0, "termination": "time_limit", "recovered": True}, "feasible"),
        ({"value": None, "termination": "time_limit"}, "time limit"),
        ({"value": None, "termination": "evaluation_limit"}, "time limit"),
        ({"value": None, "termination": "memory_limit"}, "memory limit"),
        ({"value": None, "termination": "crashed"}, "crashed"),
        ({"value": None, "termination": "completed"}, "no plan"),
        ({"value": None, "termination": "unsupported"}, "declined"),
        ({"value": None, "termination": "not run"}, "not run"),
        ({"value": None, "code": "WR"}, "wrong"),
    ],
)
def test_every_trial_is_in_one_class(more: dict[str, object], expected: str) -> None:
    value = more.pop("value")
    frame = frame_from([trial("a", "m", value, **more)])  # type: ignore[arg-type]
    assert class_of(frame).tolist() == [expected]
    assert expected in CLASSES


def test_throughput_and_fairness_are_of_the_rates_of_the_tasks() -> None:
    problem = JointProblem(instance=generate("line", {"tasks": "4"}, 1), options=JointOptions())
    score = evaluate(problem, local_plan(problem))
    measures = measures_of(problem, score)
    rates = [1.0 / latency for latency in score.latency_s.tolist()]
    assert measures["throughput_per_s"] == pytest.approx(sum(rates))
    assert measures["fairness"] == pytest.approx(sum(rates) ** 2 / (4 * sum(r * r for r in rates)))
    assert 0.25 <= measures["fairness"] <= 1.0
