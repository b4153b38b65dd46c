"""Random small problems of the family `joint` for the agreement tests: every rule, objective and kind of limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.joint.problem import JointOptions, JointProblem
from instances.generators.registry import generate

MIXES: tuple[dict[str, Any], ...] = (
    {},
    {"energy_weight": 0.2},
    {"energy_weight": 0.5, "energy_scope": "device"},
    {"price_weight": 0.5},
    {"latency_weight": 0.5, "energy_weight": 0.1, "price_weight": 0.3},
    {"latency_weight": 0.0, "energy_weight": 1.0, "energy_scope": "device"},
    {"latency_weight": 0.0, "price_weight": 1.0, "energy_weight": 0.01},
)
# what is scarce: every fifth instance cannot be solved, by memory or by an accuracy floor
LIMITS: tuple[dict[str, str], ...] = (
    {"memory": "any", "floors": "any"},
    {"memory": "binding", "floors": "none"},
    {"memory": "none", "floors": "any"},
    {"memory": "binding", "floors": "any", "access": "shared", "backhaul": "shared"},
    {"memory": "infeasible", "floors": "none"},
    {"memory": "any", "floors": "none", "access": "shared"},
    {"memory": "binding", "floors": "any"},
    {"memory": "none", "floors": "none", "backhaul": "shared"},
    {"memory": "loose", "floors": "any"},
    {"memory": "any", "floors": "infeasible"},
)
# tasks against options, so that all plans can be tried
SIZES: tuple[dict[str, str], ...] = (
    {"tasks_low": "2", "tasks_high": "3", "options_low": "5", "options_high": "12"},
    {"tasks_low": "4", "tasks_high": "4", "options_low": "4", "options_high": "9"},
    {"tasks_low": "5", "tasks_high": "5", "options_low": "4", "options_high": "6"},
    {"tasks_low": "3", "tasks_high": "4", "options_low": "8", "options_high": "12", "edges_low": "2"},
)
LARGEST = {"tasks_low": "6", "tasks_high": "6", "options_low": "6", "options_high": "6", "edges_high": "1"}
LARGEST_EVERY = 40


def small_problem(index: int) -> JointProblem:
    """Return problem number `index`; the sharing rule alternates, the rest is drawn."""
    rng = np.random.default_rng((index, 1))
    size = LARGEST if index % LARGEST_EVERY == LARGEST_EVERY - 1 else SIZES[rng.integers(len(SIZES))]
    limits, mix = LIMITS[rng.integers(len(LIMITS))], MIXES[rng.integers(len(MIXES))]
    instance = generate("tiny", {**size, **limits}, index)
    return JointProblem(instance=instance, options=JointOptions(sharing=("optimal", "equal")[index % 2], **mix))
