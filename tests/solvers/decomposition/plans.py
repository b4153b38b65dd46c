"""Every plan of a small option table, priced; problems that stress the bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.options import OptionTable, option_table
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from instances.generators.registry import generate
from instances.instance import Instance

MOST_PLANS = 200_000


def all_plans(table: OptionTable) -> IntArray:
    """Return the rows of every plan of `table`, shape (n_plans, n_tasks)."""
    sizes = np.diff(table.task_offsets)
    assert np.prod(sizes, dtype=object) <= MOST_PLANS
    picks: IntArray = np.indices(sizes.tolist()).reshape(len(sizes), -1).T + table.task_offsets[:-1]
    return picks


def optimum(table: OptionTable) -> float | None:
    """Return the referee's value of the best plan that fits, None where none does."""
    picks = all_plans(table)
    if not len(picks):
        return None
    value, excess = JointEvaluator(table).values(picks)
    for at in np.argsort(np.where(excess > 0, np.inf, value), kind="stable")[:3]:
        if excess[at] == 0:
            score = evaluate(table.problem, table.plan(picks[at]))
            assert score.violations == ()
            return score.value
    return None


def load_of(table: OptionTable, choice: IntArray) -> FloatArray:
    """Return ``sum_k s_kr`` of a plan, shape (n_resources,)."""
    mine = np.isin(table.use_option(), choice)
    load: FloatArray = np.bincount(table.use_resource[mine], table.use_root[mine], minlength=table.n_resources)
    return load


# latency, energy, price; the last ones are far from each other
_MIXES = ((1, 0, 0), (1, 0.2, 0), (0.5, 0.1, 0.3), (0, 1, 0.5), (1e9, 1e-9, 1), (1e-9, 1, 1e9), (1e-9, 1e-9, 1e-9))
_QUIRKS: tuple[dict[str, Any], ...] = (
    {},
    {"zero_layers": "0.9"},
    {"memory": "binding", "exits": "false"},
    {"access": "shared", "backhaul": "shared"},
    {"memory": "binding", "access": "shared"},
    {"edges_high": "1", "backhaul": "dedicated", "access": "dedicated"},
    {"networks_high": "1", "weight_high": "1"},
)


def stressed_table(index: int, sharing: str, *, prune: bool = True) -> OptionTable:
    """Return the option table of random problem `index`: 1-5 tasks, every quirk, weights of any size.

    One in four has identical tasks on identical devices, so that every choice is a tie; one in five nothing that is
    shared; one in seven weights scattered over many orders of magnitude; one in six tasks that weigh nothing, all of them
    where best shares do not exist otherwise.
    """
    rng = np.random.default_rng((index, 7))
    size = {"tasks_low": "1", "tasks_high": "4"} if rng.random() < 0.7 else {"tasks_low": "5", "tasks_high": "5"}
    if size["tasks_low"] == "5":
        size |= {"options_high": "8"}
    quirk = _QUIRKS[rng.integers(len(_QUIRKS))]
    instance = generate("tiny", {**size, "floors": "none", **quirk}, index)
    load, system = instance.workload, instance.system
    if index % 4 == 0:
        same = {
            "task_network": np.full(load.n_tasks, load.task_network[0]),
            "task_source": np.full(load.n_tasks, load.task_source[0]),
            "task_weight": np.full(load.n_tasks, load.task_weight[0]),
            "candidate_route": np.tile(load.candidate_route[: load.candidate_offsets[1]], load.n_tasks),
        }
        instance = replace(instance, workload=replace(load, **same))
    if index % 5 == 0:
        alone = {name: np.full(len(getattr(system, name)), -1) for name in ("node_resource", "link_resource")}
        instance = replace(instance, system=replace(system, resources=() if index % 2 else system.resources, **alone))
    if index % 7 == 0:
        scattered = 10.0 ** rng.uniform(-9, 9, load.n_tasks)
        instance = replace(instance, workload=replace(instance.workload, task_weight=scattered))
    latency, energy, price = _MIXES[rng.integers(len(_MIXES))]
    options = JointOptions(
        sharing=sharing,  # type: ignore[arg-type]
        latency_weight=float(latency),
        energy_weight=float(energy),
        price_weight=float(price),
        energy_scope=("system", "device")[rng.integers(2)],
    )
    if index % 6 != 1:
        return option_table(JointProblem(instance=instance, options=options), prune=prune)
    load = instance.workload
    some = np.where(np.arange(load.n_tasks) % 2 == index // 6 % 2, 0.0, load.task_weight)
    problem = _weighing(instance, some, options)
    try:
        option_table(problem, prune=False)  # also for the pruned table, which refuses less: both are of one problem
    except InputError:
        problem = _weighing(instance, np.zeros(load.n_tasks), options)
    return option_table(problem, prune=prune)


def _weighing(instance: Instance, weight: FloatArray, options: JointOptions) -> JointProblem:
    instance = replace(instance, workload=replace(instance.workload, task_weight=weight))
    return JointProblem(instance=instance, options=options)
