"""The graph of DADS as published errs on some DAGs; with the reverse arcs and the pinned input on none."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of
from formulations.cut.evaluator import evaluate_levels, monotone_levels
from formulations.cut.problem import CutProblem
from formulations.cut.referee import evaluate
from instances.one_inference import Machine, Wire, one_inference
from solvers.exact.cut.dads_graph import dads_published_graph
from solvers.exact.cut.min_cut import cut_case
from tests.formulations.cut.random_problems import random_network

DAGS = 1200


def dag(seed: int) -> CutCase:
    """Return a DAG of 8 layers behind its input; in the first half the cloud is faster at every layer."""
    rng = np.random.default_rng([seed, 8])
    network = random_network(rng, 9, chain=False)
    slow = rng.uniform(0, 1, 9)
    fast = slow / rng.uniform(1, 10, 9) if seed < DAGS // 2 else rng.uniform(0, 1, 9)
    slow[0] = fast[0] = 0.0
    machines = [Machine(name="edge", seconds=slow), Machine(name="cloud", seconds=fast)]
    wire = Wire(source="edge", target="cloud", bytes_per_s=float(rng.uniform(50, 500)))
    return next(cases_of(CutProblem(instance=one_inference(network, machines, [wire]))))


@pytest.fixture(scope="module")
def errors() -> dict[str, int]:
    """How many of the DAGs each graph gets wrong: another capacity than the optimum, or a plan that is refused."""
    found = dict.fromkeys(("published", "pinned", "reverse", "both", "min-cut"), 0)
    for seed in range(DAGS):
        case = dag(seed)
        rows = monotone_levels(case, 10**6)
        assert rows is not None
        best = float(evaluate_levels(case, rows).value.min())
        for name, pinned, reverse in (
            ("published", False, False),
            ("pinned", True, False),
            ("reverse", False, True),
            ("both", True, True),
        ):
            level, capacity = dads_published_graph(case, pinned=pinned, reverse=reverse)
            right = abs(capacity - best) <= 1e-9 and evaluate(case.problem, case.plan(level)).feasible
            found[name] += not right
        ours = cut_case(case)
        assert ours is not None
        found["min-cut"] += abs(ours.value - best) > 1e-9
    return found


def test_the_published_graph_errs_on_some(errors: dict[str, int]) -> None:
    assert errors["published"] > 0


def test_either_gap_alone_makes_it_err(errors: dict[str, int]) -> None:
    assert errors["pinned"] > 0
    assert errors["reverse"] > 0


def test_with_both_gaps_closed_it_errs_on_none_and_nor_do_we(errors: dict[str, int]) -> None:
    assert errors["both"] == errors["min-cut"] == 0
