"""The graph of DADS as published errs on some DAGs; with the reverse arcs and the pinned input on none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

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


@dataclass(frozen=True)
class Errors:
    """How many of `dags` each graph gets wrong: another capacity than the optimum, or a plan that is refused."""

    dags: int
    published: int
    pinned: int
    reverse: int
    both: int
    min_cut: int


@pytest.fixture(
    scope="module",
    params=[pytest.param(range(0, DAGS, 8), id="sample"), pytest.param(range(DAGS), id="all", marks=pytest.mark.slow)],
)
def errors(request: pytest.FixtureRequest) -> Errors:
    found = dict.fromkeys(("published", "pinned", "reverse", "both", "min_cut"), 0)
    for seed in request.param:
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
        found["min_cut"] += abs(ours.value - best) > 1e-9
    return Errors(dags=len(request.param), **found)


@pytest.fixture(autouse=True)
def _said(errors: Errors, record_property: Callable[[str, object], None]) -> None:
    record_property("cases", errors.dags)
    counts = {**asdict(errors)}
    del counts["dags"]
    record_property("noted", "errors: " + ", ".join(f"{name.replace('_', '-')} {n}" for name, n in counts.items()))


def test_the_published_graph_errs_on_some(errors: Errors) -> None:
    assert errors.published > 0


def test_either_gap_alone_makes_it_err(errors: Errors) -> None:
    assert errors.pinned > 0
    assert errors.reverse > 0


def test_with_both_gaps_closed_it_errs_on_none_and_nor_do_we(errors: Errors) -> None:
    assert errors.both == errors.min_cut == 0
