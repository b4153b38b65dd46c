"""The contract suite passes every method that is registered, and fails what breaks a clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.contracts.methods import CHECKS, check_method
from experiments.plugins import load_plugin
from solvers.registry import entry, method_names

_BAD = """
from dataclasses import dataclass
import numpy as np
from solvers.contract import MethodParams, Outcome, SolutionStatus, Termination
from solvers.registry import register
from formulations.joint.plan import JointPlan


@dataclass(slots=True, kw_only=True)
class Params:
    size: int = 1


@register("bad", kind="rule")
class Bad:
    Params = Params
    families = frozenset({"joint"})

    def __init__(self, params):
        self.params = params

    def decline(self, problem, budget):
        return None

    def solve(self, problem, budget, rng, trace):
        load = problem.instance.workload
        last = np.array([len(net) - 1 for net in problem.instance.networks])[load.task_network]
        own = int(problem.options.sharing == "equal")
        none = np.full(load.n_tasks, -1)
        plan = JointPlan(version=none * 0, candidate=none, cloud=none, device_until=last - own, edge_until=last)
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED, bound=1e9)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", method_names())
def test_every_registered_method_keeps_the_contract(name: str) -> None:
    failed = [f"{one.name}: {one.detail}" for one in check_method(name) if not one.passed]
    assert failed == []


def test_a_simple_rule_keeps_the_contract() -> None:
    checks = check_method("greedy")
    assert [one.name for one in checks] == list(CHECKS)
    assert all(one.passed for one in checks), checks


def test_the_suite_names_every_broken_clause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad_method.py"
    path.write_text(_BAD)
    load_plugin(path)
    assert entry("bad").name == "bad"
    failed = {one.name for one in check_method("bad") if not one.passed}
    assert failed >= {
        "describes itself",
        "has frozen parameters",
        "is accepted by the referee",
        "bounds no higher than its value",
    }
    assert main(["check", "--plugin", str(path)]) == 1
    assert "FAIL" in capsys.readouterr().out
