"""Rules, replies and matching in two processes: the same seed gives the same plan."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np

from tests.solvers.tiny_problems import run, tiny_problem

RUNS = (
    ("all-local", {}),
    ("all-edge", {}),
    ("all-cloud", {}),
    ("single-cut", {}),
    ("random", {"draws": 3}),
    ("greedy", {"order": "random"}),
    ("best-reply", {"order": "random", "restarts": 3}),
    ("best-reply", {"reply": "selfish"}),
    ("matching", {}),
    ("matching", {"acceptance": "cooperative"}),
)


def digests() -> list[str]:
    problem = tiny_problem(5, {"memory": "none", "tasks_low": "6"}, sharing="equal")
    found = []
    for name, params in RUNS:
        plan = run(name, problem, params, seed=7).plan
        columns = (plan.version, plan.candidate, plan.cloud, plan.device_until, plan.edge_until)
        found.append(hashlib.sha256(np.concatenate(columns).tobytes()).hexdigest())
    return found


def test_same_seed_same_plan_in_another_process() -> None:
    code = "from tests.solvers.test_same_seed_same_plan import digests; print(*digests())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.split() == digests()
