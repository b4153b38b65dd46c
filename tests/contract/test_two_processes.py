"""Same seed, same instance, same plan, for every registered method, in two processes.

Methods that count evaluations get a limit of them; the others run to their end on one thread.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

from formulations.registry import family
from instances.generators.registry import generate
from instances.instance import Instance
from instances.many_inferences import many_inferences
from instances.networks.catalogue import load_network
from instances.one_inference import Machine, Wire, one_inference
from solvers.contract import Budget
from solvers.registry import entry, make, method_names
from solvers.trace import RefereedTrace

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "milp": tuple({"language": a, "backend": b} for a in ("pulp", "pyomo") for b in ("cbc", "highs", "scip")),
    "column-generation": tuple({"master": name} for name in ("quadratic", "linear")),
    "best-reply": ({"order": "random", "restarts": 3}, {"reply": "selfish"}),
    "matching": ({}, {"acceptance": "cooperative"}),
    "random": ({"draws": 3},),
    "greedy": ({"order": "random"},),
    "placement-milp": ({}, {"language": "pyomo"}),
    "cut-milp": tuple(
        {"language": a, "backend": b} for a, b in (("pulp", "cbc"), ("pyomo", "highs"), ("pulp", "scip"))
    ),
}
OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "joint": ({"sharing": "optimal"}, {"sharing": "equal"}),
    "cut": (
        {"memory": False},
        {"memory": False, "bottleneck_weight": 1.0, "return_result": True},
        {"memory": False, "excursions": True},
    ),
    "placement": ({}, {"overlap": True}, {"objective": "latency"}),
    "schedule": (
        {"memory": False, "links": "serial"},
        {"memory": False, "links": "serial", "makespan_weight": 0.0, "response_weight": 1.0},
    ),
}
ENDLESS = {"schedule-cp-sat", "schedule-milp"}  # on more than the smallest schedules
LEFT_OUT = {"schedule-bound", "schedule-lns"}
"""Without a plan; by the clock."""
DECLINED = {("equal", "column-generation")}
CASES = [(name, params) for name in method_names() if name not in LEFT_OUT for params in VARIANTS.get(name, ({},))]


def some_instances(chosen: str) -> list[Instance]:
    """Return small instances for a family."""
    if chosen == "schedule":  # one small enough to be proven, and jobs of one device, uplink and server
        net = load_network("alexnet")
        slow = Machine(name="phone", seconds=net.operations / 10e9)
        fast = Machine(name="server", seconds=net.operations / 1e12)
        one = one_inference(net, [slow, fast], [Wire(source="phone", target="server", bytes_per_s=1e6)])
        one_small = {"tasks_low": "1", "tasks_high": "1", "edges_high": "1", "layers_high": "3", "branches": "false"}
        return [generate("tiny", one_small, 5), many_inferences([one], [0] * 3)]
    settings = {"tasks_low": "5"}
    if chosen == "cut":  # chains, which every method of the family takes
        settings["branches"] = "false"
    return [generate("tiny", {**settings, "memory": memory}, 5) for memory in ("none", "loose")]


def digest(name: str, params: dict[str, Any]) -> str:
    """Return a hash of a method's plans on small problems of its families."""
    found = hashlib.sha256()
    for chosen in sorted(make(name, params).families):
        solved = 0
        for options, instance in itertools.product(OPTIONS[chosen], some_instances(chosen)):
            problem = family(chosen).problem(instance, family(chosen).Options(**options))
            budget = Budget(evaluations=400) if entry(name).uses_evaluations else Budget(seconds=120.0)
            trace = RefereedTrace(partial(family(chosen).evaluate, problem))
            reason = make(name, params).decline(problem, budget)
            if (options.get("sharing"), name) in DECLINED:
                assert reason is not None
            if reason is not None and (chosen in ("cut", "schedule") or (options.get("sharing"), name) in DECLINED):
                continue
            if name in ENDLESS and instance.n_tasks > 1:
                continue
            solved += 1
            plan = make(name, params).solve(problem, budget, np.random.default_rng(7), trace).plan
            assert plan is not None
            found.update(json.dumps(family(chosen).plan_document(problem, plan), sort_keys=True).encode())
            found.update(instance.sha256.encode())
        assert solved
    return found.hexdigest()


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, str]:
    """Digests of all cases from another process."""
    code = "from tests.contract.test_two_processes import CASES, digest\nfor c in CASES: print(digest(*c))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(map(str, CASES), done.stdout.split(), strict=True))


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{'-'.join(map(str, p.values()))}" for n, p in CASES])
def test_same_seed_same_plan_in_another_process(case: tuple[str, dict[str, Any]], elsewhere: dict[str, str]) -> None:
    assert digest(*case) == elsewhere[str(case)]
