"""The referee and the plan document of the family placement, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formulations.placement.plan import PlacementPlan
from formulations.placement.plan_document import plan_document, plan_of
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate, loads_of
from instances.errors import InputError
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference


def diamond(kinds: tuple[str, ...] = ("op", "op", "op", "op"), **options: object) -> PlacementProblem:
    """Return a -> b, a -> c, b -> d, c -> d on a CPU and two accelerators with a wire of 2 bytes a second."""
    sizes = (8.0, 6.0, 4.0, 0.0)
    layers = [
        Layer(name=name, kind=kind, parameter_bytes=10.0, output_bytes=size)
        for name, kind, size in zip("abcd", kinds, sizes, strict=True)
    ]
    network = NetworkGraph(
        name="diamond",
        layers=(Layer(name="in", kind="input", output_bytes=2.0), *layers),
        edges=((0, 1), (1, 2), (1, 3), (2, 4), (3, 4)),
    )
    fast = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    machines = [
        Machine(name="cpu", seconds=10 * fast),
        *(Machine(name=name, seconds=fast, memory_bytes=25.0) for name in ("x", "y")),
    ]
    wires = [Wire(source="cpu", target=name, bytes_per_s=2.0) for name in ("x", "y")]
    return PlacementProblem(
        instance=one_inference(network, machines, wires),
        options=PlacementOptions(**options),  # type: ignore[arg-type]
    )


def plan(problem: PlacementProblem, where: str) -> PlacementPlan:
    """Return the plan of a letter for each layer: c, x or y."""
    return plan_of(
        problem, {"layers": {a: {"c": device(problem)}.get(b, b) for a, b in zip("abcd", where, strict=True)}}
    )


def device(problem: PlacementProblem) -> str:
    return problem.instance.system.node_name(int(problem.instance.workload.task_source[0]))


def test_a_tensor_pays_once_on_either_side_of_a_border() -> None:
    problem = diamond()
    judged = plan(problem, "xxyy")
    x, y = (loads_of(problem, judged)[worker.node] for worker in problem.workers[1:])
    # x reads the input (2 bytes) and sends a (8, for c) and b (6); y reads a and b
    assert (x.compute_s, x.in_s, x.out_s, x.memory_bytes) == (3.0, 1.0, 7.0, 20.0)
    assert (y.compute_s, y.in_s, y.out_s, y.memory_bytes) == (7.0, 7.0, 0.0, 20.0)
    score = evaluate(problem, judged)
    assert score.feasible and score.value == 14.0


def test_two_readers_on_one_worker_pay_once() -> None:
    problem = diamond(memory=False)
    loads = loads_of(problem, plan(problem, "xyyy"))
    assert [loads[worker.node].in_s for worker in problem.workers] == [0.0, 1.0, 4.0]
    assert [loads[worker.node].out_s for worker in problem.workers] == [0.0, 4.0, 0.0]


def test_with_overlap_the_greatest_part_is_the_load() -> None:
    problem = diamond(overlap=True)
    assert evaluate(problem, plan(problem, "xxyy")).value == 7.0


def test_hosts_pay_for_no_transfer_and_have_no_memory_limit() -> None:
    problem = diamond()
    score = evaluate(problem, plan(problem, "cccc"))
    assert score.feasible and score.value == 100.0


def test_memory_limits_hold_on_accelerators() -> None:
    problem = diamond()
    assert "memory" in evaluate(problem, plan(problem, "xxxy")).violations[0]
    free = diamond(memory=False)
    assert evaluate(free, plan(free, "xxxy")).feasible


def test_contiguous_workers_stand_in_an_order() -> None:
    problem = diamond()
    assert evaluate(problem, plan(problem, "xyxy")).feasible  # x, then y
    assert "order" in evaluate(problem, plan(problem, "xyyx")).violations[0]
    free = diamond(contiguous=False)
    assert evaluate(free, plan(free, "xyyx")).feasible


def test_layers_of_a_class_share_a_worker_and_host_layers_run_on_hosts() -> None:
    problem = diamond(("op class:1", "op", "op class:1", "op host"))
    assert evaluate(problem, plan(problem, "xyxc")).feasible
    assert "class 1" in evaluate(problem, plan(problem, "xyyc")).violations[0]
    assert "hosts only" in evaluate(problem, plan(problem, "xyxy")).violations[0]


def test_a_layer_left_out_cannot_be_priced() -> None:
    problem = diamond()
    score = evaluate(problem, plan_of(problem, {"layers": {"a": "x"}}))
    assert score.value is None and "layer b" in score.violations[0]


def test_plans_survive_their_document() -> None:
    problem = diamond()
    judged = plan(problem, "xycy")
    assert plan_of(problem, plan_document(problem, judged)).node.tolist() == judged.node.tolist()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"layers": {"e": "x"}}, "must name a layer of diamond, got 'e'"),
        ({"layers": {"a": "z"}}, "must name a worker of the problem, got 'z'"),
        ({"layer": {}}, "plan: "),
        ({"layers": {"a": 1}}, "plan: "),
    ],
)
def test_nonsense_in_a_document_is_one_line(document: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match="plan") as caught:
        plan_of(diamond(), document)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"task": 1},
        {"task": -1},
        {"accelerators": 3},
        {"hosts": "z"},
        {"hosts": "x,x"},
        {"contiguous": 1},
        {"hosts": "none", "accelerators": -1},
    ],
)
def test_options_that_do_not_fit_are_one_line(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match="problem option"):
        diamond(**options)


def test_hosts_and_accelerators_are_chosen_by_options() -> None:
    problem = diamond(accelerators=1)
    names = [problem.instance.system.node_name(worker.node) for worker in problem.workers]
    assert names == [device(problem), "x"]
    other = replace(problem, options=PlacementOptions(hosts=f"{device(problem)},y"))
    assert [worker.host for worker in other.workers] == [True, True, False]
    assert not any(worker.host for worker in diamond(hosts="none").workers)
