"""The batched evaluator agrees with the referee on any plan of any problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytest import approx

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import option_table
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.registry import generate
from tests.formulations.joint.by_hand import CHAIN, Link, Node, Task, instance, network, problem
from tests.formulations.joint.random_problems import GENERATORS, random_choices, random_options, random_problem

PLANS = 6


def check_agreement(given: JointProblem, seed: int) -> int:
    """Compare values and limits of random plans from the whole and the pruned table; return how many."""
    compared = 0
    for prune in (False, True):
        try:
            table = option_table(given, prune=prune)
        except InputError:
            assert given.options.sharing == "optimal"
            continue
        if table.task_without_option() is not None:
            continue
        choices = random_choices(table, PLANS, np.random.default_rng(seed))
        values, excess = JointEvaluator(table).values(choices)
        for choice, value, over in zip(choices, values, excess, strict=True):
            score = evaluate(given, table.plan(choice))
            assert value == approx(score.value, rel=1e-9, abs=0.0)
            full = [line for line in score.violations if ": memory " in line]
            assert len(full) == len(score.violations)
            assert (over > 0) == bool(full)
            compared += 1
    return compared


@pytest.mark.parametrize("start", range(0, 80, 40))
def test_random_plans_cost_what_the_referee_says(start: int) -> None:
    assert sum(check_agreement(random_problem(seed), seed) for seed in range(start, start + 40)) > 200


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 4000, 50))
def test_many_random_plans_cost_what_the_referee_says(
    start: int, record_property: Callable[[str, object], None]
) -> None:
    record_property("cases", 50)
    for seed in range(start, start + 50):
        check_agreement(random_problem(seed), seed)


@pytest.mark.parametrize(("name", "params"), GENERATORS)
@pytest.mark.parametrize("sharing", ["optimal", "equal"])
def test_every_generator_and_rule_agrees(name: str, params: dict[str, str], sharing: str) -> None:
    for seed in range(2):
        options = random_options(seed, sharing=sharing, memory=False, latency_weight=1.0)
        assert check_agreement(JointProblem(instance=generate(name, params, seed), options=options), seed)


@pytest.mark.parametrize("mix", [(1e9, 1e-9, 1e-9), (1e-9, 1e9, 1e-9), (1e-9, 1e-9, 1e9), (1e9, 1e9, 1e9), (0, 0, 1)])
def test_extreme_weights_agree(mix: tuple[float, float, float]) -> None:
    weights = dict(zip(("latency_weight", "energy_weight", "price_weight"), map(float, mix), strict=True))
    assert sum(check_agreement(random_problem(seed, **weights), seed) for seed in range(20)) > 100


def test_excess_is_the_sum_of_bytes_beyond_the_limits() -> None:
    nodes = [Node(name="d"), Node(name="e", memory=45.0), Node(name="c", memory=100.0)]
    links = [Link(source="d", target="e", rate=30.0), Link(source="e", target="c", rate=10.0)]
    tasks = (Task(candidates=("d-e",)),) * 3
    given = problem(instance(nodes, links, tasks=tasks, routes=("e-c",), networks=(replace(CHAIN, exits=()),)))
    table = option_table(given, prune=False)
    row = {
        (v, c, i, j): p
        for p, (v, c, i, j) in enumerate(
            zip(table.version, table.candidate, table.device_until, table.edge_until, strict=True)
        )
        if p < table.task_offsets[1]
    }
    step = int(table.task_offsets[1])
    local, three = row[0, -1, 3, 3], row[0, 0, 1, 2]
    choices = np.array([[local] * 3, [three] * 3, [three, three, local]]) + np.arange(3) * step
    # on the edge 20 each, in the cloud 40 each: 60 - 45 and 120 - 100
    assert JointEvaluator(table).values(choices)[1].tolist() == [0.0, 35.0, 0.0]


def test_no_plans_have_no_values() -> None:
    table = option_table(random_problem(2))
    value, excess = JointEvaluator(table).values(np.empty((0, table.n_tasks), dtype=np.int64))
    assert value.shape == excess.shape == (0,)


def test_a_population_is_priced_plan_by_plan() -> None:
    table = option_table(random_problem(8))
    choices = random_choices(table, 50, np.random.default_rng(0))
    together = JointEvaluator(table).values(choices)[0]
    alone = [JointEvaluator(table).values(choice[None])[0][0] for choice in choices]
    assert together.tolist() == alone


def hairpin_table(**options: Any) -> Any:
    nodes = [Node(name=n) for n in ("d", "r", "rs", "e", "c")]
    links = [Link(source=a, target=b, rate=10.0, latency=1.0) for a, b in ("dr", ("rs", "e"), "er", ("rs", "c"))]
    links.insert(1, Link(source="r", target="rs", rate=5.0, latency=2.0, resource="core"))
    tasks = (Task(candidates=("d-r-rs-e",)),) * 2
    chain = network((0, 8, 0, 16), (0, 1, 0, 2), (20, 10, 5, 1))
    return option_table(
        problem(instance(nodes, links, tasks=tasks, routes=("e-r-rs-c",), networks=(chain,)), **options), prune=False
    )


@pytest.mark.parametrize("sharing", ["optimal", "equal"])
def test_every_pair_of_options_agrees_where_routes_share_a_link(sharing: str) -> None:
    table = hairpin_table(sharing=sharing)
    n = int(table.task_offsets[1])
    choices = np.indices((n, n)).reshape(2, -1).T + np.array([0, n])
    values = JointEvaluator(table).values(choices)[0]
    for choice, value in zip(choices, values, strict=True):
        assert value == approx(evaluate(table.problem, table.plan(choice)).value, rel=1e-12)
