"""The safe reduction keeps the optimum at every bandwidth; the bandwidth map has every breakpoint."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from formulations.cut.cases import cases_of, with_rate
from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import evaluate
from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.one_inference import Machine, Wire, one_inference
from solvers.exact.cut.bandwidth import bandwidth_map, lower_envelope, scan_bandwidths
from solvers.exact.cut.min_cut import cut_case
from solvers.exact.cut.reduction import reduced
from tests.formulations.cut.random_problems import random_problem
from tests.solvers.exact.cut.runs import brute_force

DEEP = ("resnet101", "googlenet", "mobilenet_v2", "inception_v3", "densenet121")
EVERY_BLOCK = [pytest.param(0, id="sample"), *(pytest.param(b, marks=pytest.mark.slow) for b in range(20))]


def zoo_problem(name: str) -> CutProblem:
    net = load_network(name)
    machines = [
        Machine(name="phone", seconds=net.operations / 10e9),
        Machine(name="server", seconds=net.operations / 1e12),
    ]
    return CutProblem(instance=one_inference(net, machines, [Wire(source="phone", target="server", bytes_per_s=1e6)]))


@pytest.mark.parametrize("name", DEEP)
def test_on_deep_networks_the_reduced_optimum_is_the_whole_one_over_a_dense_sweep(name: str) -> None:
    problem = zoo_problem(name)
    links = np.arange(1)
    intervals = bandwidth_map(problem)
    for rate in np.geomspace(1e4, 1e9, 60):
        given = with_rate(problem, links, float(rate))
        case = next(cases_of(given))
        whole, small = cut_case(case), cut_case(reduced(case))
        assert whole is not None and small is not None
        assert small.value == pytest.approx(whole.value, rel=1e-9)
        here = next(one for one in intervals if one.low <= rate <= one.high)
        assert here.value(float(rate)) == pytest.approx(whole.value, rel=1e-9)
        assert evaluate(given, here.plan).value == pytest.approx(whole.value, rel=1e-9)


@pytest.mark.parametrize("name", DEEP)
def test_deep_networks_shrink_at_least_sixfold(name: str) -> None:
    case = next(cases_of(zoo_problem(name)))
    small = reduced(case)
    assert 5.9 * small.n_layers <= case.n_layers
    assert small.sizes.sum() == case.n_layers
    assert sorted(small.members.tolist()) == list(range(case.n_layers))


def test_a_chain_keeps_the_strict_prefix_minima_of_its_tensors() -> None:
    net = load_network("vgg16")
    problem = zoo_problem("vgg16")
    small = reduced(next(cases_of(problem)))
    size = net.output_bytes
    minima = [i for i in range(len(net)) if i == 0 or size[i] < size[:i].min()]
    assert sorted({*minima, len(net) - 1}) == small.layers.tolist()


def test_nothing_is_merged_where_layers_cost_more_above_or_limits_could_bind() -> None:
    net = load_network("resnet18")
    machines = [
        Machine(name="phone", seconds=net.operations / 1e12),
        Machine(name="server", seconds=net.operations / 10e9),
    ]
    wires = [Wire(source="phone", target="server", bytes_per_s=1e6)]
    instance = one_inference(net, machines, wires)
    worked = (net.operations > 0).sum()
    assert reduced(next(cases_of(CutProblem(instance=instance)))).n_layers >= worked
    case = next(
        cases_of(CutProblem(instance=zoo_problem("resnet18").instance, options=CutOptions(latency_limit_s=9.0)))
    )
    assert reduced(case) is case


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_the_map_has_the_optimum_of_brute_force_at_every_rate(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    checked = 0
    for seed in range(20 * block, 20 * (block + 1)):
        problem = random_problem(2 * seed, plain=True, most_layers=9, most_levels=3)
        if not any(True for _ in cases_of(problem)):
            continue
        intervals = bandwidth_map(problem)
        assert intervals[0].low == 0.0 and intervals[-1].high == np.inf
        for one, after in zip(intervals, (*intervals[1:], None), strict=True):
            assert after is None or one.high == after.low
            low, high = one.low or min(one.high, 10.0) / 10, min(one.high, max(one.low, 1.0) * 10)
            for rate in (low * 1.0001, high * 0.9999, float(np.sqrt(low * high))):
                given = with_rate(problem, np.arange(problem.instance.system.n_links), rate)
                assert one.value(rate) == pytest.approx(brute_force(given), rel=1e-9)
                assert evaluate(given, one.plan).value == pytest.approx(one.value(rate), rel=1e-9)
                checked += 1
    record_property("cases", checked)
    assert checked


def test_a_map_of_the_bottleneck_is_refused() -> None:
    given = zoo_problem("alexnet")
    with pytest.raises(InputError, match="bandwidth map: needs a problem that min-cut takes"):
        bandwidth_map(CutProblem(instance=given.instance, options=CutOptions(bottleneck_weight=1.0)))


def test_the_envelope_is_the_least_line_everywhere() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        fixed, slope = rng.integers(0, 9, 12).astype(float), rng.integers(0, 9, 12).astype(float)
        kept = lower_envelope(fixed, slope)
        for theta in np.linspace(0, 9, 200):
            assert (fixed + slope * theta)[kept].min() == pytest.approx((fixed + slope * theta).min(), abs=1e-12)
        assert (np.diff(slope[kept]) < 0).all() and (np.diff(fixed[kept]) > 0).all()


def test_all_cuts_at_all_bandwidths_cost_what_the_referee_says() -> None:
    problem = zoo_problem("alexnet")
    rates = np.geomspace(1e4, 1e8, 5)
    rows, value = scan_bandwidths(problem, rates)
    assert value.shape == (len(problem.network), 5)
    for j, rate in enumerate(rates.tolist()):
        given = with_rate(problem, np.arange(1), rate)
        for row, got in zip(rows, value[:, j], strict=True):
            plan = CutPlan(
                version=0, helpers=np.array([0, 1]), node=(np.arange(len(problem.network)) > row[1]).astype(int)
            )
            assert got == pytest.approx(evaluate(given, plan).value, rel=1e-11)
    with pytest.raises(InputError, match="scan: needs a chain"):
        scan_bandwidths(zoo_problem("resnet18"), rates)
