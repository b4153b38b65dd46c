"""Every registered generator and cost model keeps its contract, and what breaks a clause fails it by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.contracts.cost_models import COST_MODEL_CHECKS, check_cost_model
from experiments.contracts.generators import GENERATOR_CHECKS, check_generator
from experiments.plugins import load_plugin
from instances.costs.model import cost_model_names
from instances.generators.registry import generator_names

ROOT = Path(__file__).parents[3]

_BAD = """
import random
from dataclasses import dataclass, replace
import numpy as np
from instances.costs.model import cost_model, table_of_seconds
from instances.generators.line import LineParams, line
from instances.generators.registry import generator


@generator("bad-generator", LineParams)
def bad(params, seed):
    instance = line(params, 1)
    weights = instance.workload.task_weight + random.random()
    return replace(instance, workload=replace(instance.workload, task_weight=weights))


@cost_model("bad-costs")
@dataclass(kw_only=True)
class Bad:
    rate: float = 1.0

    @property
    def name(self):
        return "another"

    def fill(self, network, kinds):
        return table_of_seconds(np.full((len(kinds), len(network)), float(len(kinds))), np.zeros((len(kinds), 0)), kinds)
"""


@pytest.mark.parametrize("name", generator_names())
def test_every_registered_generator_keeps_the_contract(name: str) -> None:
    checks = check_generator(name)
    assert [one.name for one in checks] == list(GENERATOR_CHECKS)
    assert [f"{one.name}: {one.detail}" for one in checks if not one.passed] == []


@pytest.mark.parametrize("name", cost_model_names())
def test_every_registered_cost_model_keeps_the_contract(name: str) -> None:
    checks = check_cost_model(name)
    assert [one.name for one in checks] == list(COST_MODEL_CHECKS)
    assert [f"{one.name}: {one.detail}" for one in checks if not one.passed] == []


def test_the_suites_name_every_broken_clause(tmp_path: Path) -> None:
    path = tmp_path / "bad_data.py"
    path.write_text(_BAD)
    load_plugin(path)
    generator = {one.name for one in check_generator("bad-generator") if not one.passed}
    assert generator >= {"describes itself", "repeats itself with the same seed"}
    costs = {one.name for one in check_cost_model("bad-costs") if not one.passed}
    assert costs == set(COST_MODEL_CHECKS) - {"covers a network"}
    assert main(["check", "--plugin", str(path)]) == 1


def test_a_plugin_of_a_generator_and_a_cost_model_is_checked_on_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--plugin", str(ROOT / "docs" / "files" / "campus.py")]) == 0
    out = capsys.readouterr().out
    assert "campus (generator)" in out
    assert "overhead (cost model)" in out
    assert "FAIL" not in out


def test_a_plugin_that_registers_nothing_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nothing.py"
    path.write_text("x = 1\n")
    assert main(["check", "--plugin", str(path)]) == 2
    assert "must register a method, a generator or a cost model" in capsys.readouterr().err
