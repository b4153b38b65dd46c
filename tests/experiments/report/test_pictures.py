"""Pictures of plans tell what the referee tells."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.api import generate
from experiments.report.plan_picture import MOST_TASKS, joint_plan, joint_scene
from experiments.report.system_map import MOST_POINTS, map_of
from formulations.joint.account import resource_uses
from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.system import Tier


def split(problem: JointProblem, first: int | None = None) -> JointPlan:
    """Everything beyond cut point `first` on the first candidate; all on the device where None."""
    instance = problem.instance
    nets = [net for net in instance.networks]
    last = np.array([len(net) - 1 for net in nets])[instance.workload.task_network]
    n = problem.instance.n_tasks
    if first is None:
        return JointPlan(
            version=np.zeros(n, int), candidate=np.full(n, -1), cloud=np.full(n, -1), device_until=last, edge_until=last
        )
    cut = np.array([net.cut_points()[first] for net in nets])[instance.workload.task_network]
    return JointPlan(
        version=np.zeros(n, int), candidate=np.zeros(n, int), cloud=np.full(n, -1), device_until=cut, edge_until=last
    )


def problem_of(tasks: int, **options: str) -> JointProblem:
    return JointProblem(
        instance=generate("metro", seed=2, tasks=tasks, networks="alexnet,googlenet"), options=JointOptions(**options)
    )


def test_blocks_before_the_cut_are_on_the_device_and_the_rest_on_the_site() -> None:
    problem = problem_of(6)
    plan = split(problem, first=3)
    shown = joint_plan(problem, plan, evaluate(problem, plan))
    scene = joint_scene(problem)
    for k, (version, letters, site, cloud, latency) in enumerate(shown["tasks"]):
        net = problem.instance.networks[scene["tasks"][k][0]]
        assert letters == "ddd" + "e" * (len(net.cut_points()) - 4)
        assert len(letters) == len(scene["networks"][scene["tasks"][k][0]]["blocks"])
        assert (version, cloud) == (0, None)
        assert site.startswith("edge")
        assert latency == pytest.approx(evaluate(problem, plan).latency_s[k], rel=1e-5)
    assert sum(count for _, count in shown["sites"]) == 6


def test_a_cut_inside_a_block_shows_as_several() -> None:
    problem = problem_of(6)
    plan = split(problem, first=3)
    inside = np.array([int(net.cut_points()[-1]) - 1 for net in problem.instance.networks])
    nets = problem.instance.workload.task_network
    blocks = [net.cut_points() for net in problem.instance.networks]
    wide = [int(np.flatnonzero(np.diff(cuts) > 2)[0]) if (np.diff(cuts) > 2).any() else None for cuts in blocks]
    assert wide[1] is not None  # googlenet branches
    inside[1] = blocks[1][wide[1]] + 1
    until = np.where(nets == 1, inside[1], plan.device_until)
    branched = JointPlan(
        version=plan.version,
        candidate=plan.candidate,
        cloud=plan.cloud,
        device_until=until,
        edge_until=plan.edge_until,
    )
    shown = joint_plan(problem, branched, evaluate(problem, branched))
    rows = [row for row, net in zip(shown["tasks"], nets.tolist(), strict=True) if net == 1]
    assert rows
    assert all(row[1][wide[1]] == "m" and row[1].count("m") == 1 for row in rows)


def test_a_local_plan_uses_nothing_shared() -> None:
    problem = problem_of(6)
    plan = split(problem)
    shown = joint_plan(problem, plan, evaluate(problem, plan))
    assert {row[1].strip("d") for row in shown["tasks"]} == {""}
    assert shown["loads"] == []
    assert shown["sites"] == []
    assert shown["idle"] == len(problem.instance.system.resources)
    assert set(shown["attached"]) == {-1}


def test_uses_and_shares_explain_what_sharing_costs() -> None:
    latencies = []
    for sharing in ("optimal", "equal"):
        problem = problem_of(8, sharing=sharing)
        plan = split(problem, first=2)
        uses = resource_uses(problem, plan)
        shared = np.bincount(uses.task, uses.seconds / uses.share, minlength=8)
        latencies.append(evaluate(problem, plan).latency_s - shared)
        total = np.bincount(uses.resource, uses.share)
        assert total[np.unique(uses.resource)] == pytest.approx(1.0)
    assert latencies[0] == pytest.approx(latencies[1])  # what is left needs no shared resource
    assert (latencies[0] > 0).all()


def test_many_tasks_are_added_up_by_network() -> None:
    problem = problem_of(MOST_TASKS + 10)
    plan = split(problem, first=3)
    shown = joint_plan(problem, plan, evaluate(problem, plan))
    assert "tasks" not in shown
    assert joint_scene(problem)["tasks"] is None
    assert sum(row[1] for row in shown["networks"]) == MOST_TASKS + 10
    for _, _, device, edge, cloud in shown["networks"]:
        assert device[:4] == [1, 1, 1, 0]
        assert np.add(np.add(device, edge), cloud) == pytest.approx(1.0)


def test_a_thousand_tasks_by_twenty_methods_on_six_instances_stay_small() -> None:
    problem = JointProblem(instance=generate("metro", seed=2, tasks=1000, networks="alexnet,googlenet,vgg16"))
    plan = split(problem, first=3)
    one = len(json.dumps(joint_plan(problem, plan, evaluate(problem, plan))))
    scene = len(json.dumps([joint_scene(problem), map_of(problem.instance)]))
    assert 6 * (20 * one + scene) < 3_000_000


def test_the_map_has_every_site_and_a_close_up_of_a_town_in_a_country() -> None:
    instance = generate("metro", seed=2, tasks=20, networks="alexnet")
    found = map_of(instance)
    tiers = [row[1] for row in found["fixed"]]
    assert tiers.count(int(Tier.EDGE)) == len(instance.system.nodes_of(Tier.EDGE))
    assert tiers.count(int(Tier.CLOUD)) == 1
    assert len(found["devices"]) == 20
    assert not found["schematic"]
    whole, close = found["windows"]
    assert close[3] < whole[3] / 5


def test_without_positions_the_map_is_schematic() -> None:
    from dataclasses import replace

    instance = generate("line", seed=2, tasks=5, networks="alexnet")
    nowhere = np.full(instance.system.n_nodes, np.nan)
    found = map_of(replace(instance, system=replace(instance.system, node_x=nowhere, node_y=nowhere)))
    assert found["schematic"]
    assert json.dumps(found, allow_nan=False)


def test_very_many_devices_become_a_density() -> None:
    instance = generate("line", seed=2, tasks=MOST_POINTS + 1, networks="alexnet")
    found = map_of(instance)
    assert found["devices"] is None
    assert sum(row[2] for row in found["cells"]) == MOST_POINTS + 1
