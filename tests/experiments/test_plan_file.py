"""Plan files: the published schema is the one that readers keep, and a plan survives the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import experiments.plan_file as plan_file
from experiments import generate, solve
from formulations.registry import family
from instances.errors import InputError


def test_the_published_schema_is_the_readers() -> None:
    published = Path(plan_file.__file__).with_name("plan.schema.json")
    assert json.loads(published.read_text()) == plan_file.plan_schema()


def test_a_plan_survives_the_file(tmp_path: Path) -> None:
    instance = generate("line", seed=7, tasks=4)
    solution = solve(instance, "greedy", seed=1, options={"sharing": "equal"})
    solution.write_plan(tmp_path / "plan.json")
    read = plan_file.read_plan(tmp_path / "plan.json")
    problem = plan_file.problem_for(instance, read)
    assert problem.options.sharing == "equal"
    plan = family("joint").plan_of(problem, read.plan)
    assert solution.plan is not None
    assert np.array_equal(plan.device_until, solution.plan.device_until)
    assert np.array_equal(plan.candidate, solution.plan.candidate)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "tiercut-plan"}', "\udcff"])
def test_nonsense_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError) as caught:
        plan_file.read_plan(path)
    assert "\n" not in str(caught.value)
