"""The instances of the study of SPSO-GA: check sums of the tables, repaired graphs, and three plans priced by hand."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.schedule.case import case_of
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.errors import InputError
from instances.smart_iot.instance import smart_iot_instance
from instances.smart_iot.networks import smart_iot_network
from instances.smart_iot.servers import EDGE_SPEEDS, OpenFigures

ENERGY = ScheduleOptions(makespan_weight=0.0, energy_weight=1.0, deadlines="hard", nodes="all")


@pytest.mark.parametrize(
    ("name", "layers", "edges", "seconds"),
    [
        ("alexnet", 11, 10, 2.154),
        ("vgg19", 24, 23, 0.860),
        ("googlenet", 83, 109, 0.0869),
        ("resnet101", 136, 168, 0.3872),
    ],
)
def test_tables_have_their_published_sums_and_repaired_graphs(
    name: str, layers: int, edges: int, seconds: float
) -> None:
    network, times = smart_iot_network(name)
    assert (len(network) - 1, len(network.edges) - 1) == (layers, edges)
    assert times.sum() == pytest.approx(seconds, abs=5e-5)
    assert [v for v in range(1, layers) if v not in {a for a, _ in network.edges}] == []


def test_large_networks_have_tensors_of_four_bytes_a_value() -> None:
    network, _ = smart_iot_network("googlenet")
    assert network.output_bytes[1] == 64 * 112 * 112 * 4


@pytest.mark.parametrize(
    ("place", "energy", "seconds"),
    [([0] * 12, 891.6, 4.308), ([0] + [14] * 11, 856.2, 1.377), ([0] * 3 + [14] * 9, 804.8, 1.481)],
)
def test_plans_of_alexnet_cost_what_a_hand_reckons(place: list[int], energy: float, seconds: float) -> None:
    problem = ScheduleProblem(instance=smart_iot_instance(["alexnet"]), options=ENERGY)
    case, at = case_of(problem), np.array(place)
    start, sent, when = np.zeros(12), [], []
    now = 0.0
    for v in range(1, 12):
        if at[v] != at[v - 1]:
            sent.append((v - 1, at[v]))
            when.append(now)
            now += case.transfer_seconds(v - 1, at[v - 1], at[v])
        start[v] = now
        now += float(case.seconds[at[v], v])
    score = evaluate(problem, case.plan(at, start, np.array(sent, dtype=np.int64).reshape(-1, 2), np.array(when)))
    assert score.feasible
    assert score.value == pytest.approx(energy, rel=1e-12)
    assert score.latency_s.tolist() == pytest.approx([seconds])


@pytest.mark.parametrize("edges", list(EDGE_SPEEDS))
def test_every_task_may_run_anywhere(edges: int) -> None:
    instance = smart_iot_instance(["alexnet", "vgg19", "alexnet"], edges=edges)
    case = case_of(ScheduleProblem(instance=instance, options=ENERGY))
    assert case.n_nodes == 11 + edges
    assert np.isfinite(case.latency).all()
    assert case.allowed[:, ~case.is_input].all()
    assert len(instance.networks) == 2


def test_the_unit_of_time_scales_what_is_charged_for_time_alone() -> None:
    one, two = (smart_iot_instance(figures=OpenFigures(time_unit_s=unit)) for unit in (1e-3, 1e-2))
    assert one.system.kinds[0].idle_watts == pytest.approx(10 * two.system.kinds[0].idle_watts)
    assert one.costs[0].layer_joules == pytest.approx(10 * two.costs[0].layer_joules)
    assert one.system.kinds[0].switch_on_joules == two.system.kinds[0].switch_on_joules


@pytest.mark.parametrize(
    "make",
    [
        lambda: smart_iot_instance(["lenet"]),
        lambda: smart_iot_instance([]),
        lambda: smart_iot_instance(edges=3),
        lambda: smart_iot_instance(deadline_s=[1.0, 2.0]),
        lambda: OpenFigures(time_unit_s=0.0),
        lambda: OpenFigures(megabytes_per_s=((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0))),
        lambda: OpenFigures(price_per_hour=(1.0, 2.0, -3.0)),
    ],
)
def test_what_is_not_known_is_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]
