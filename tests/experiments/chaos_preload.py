"""What the fork server of the random kills has in memory: enough for the dummies, in a fraction of the time."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.plugins import load_plugin
from experiments.worker import tiny_instance
from formulations.registry import family
from solvers import registry

# the dummies' trials need no other method, and importing them all would take most of a sweep's time
registry._load_all = lambda: None  # type: ignore[assignment]


def preload() -> None:
    local_plan = sys.modules[load_plugin(Path(__file__).with_name("dummies.py"))].local_plan
    joint = family("joint")
    problem = joint.problem(tiny_instance(), joint.Options())
    plan = local_plan(problem)
    joint.evaluate(problem, joint.plan_of(problem, joint.plan_document(problem, plan)))


preload()
