"""What the scenarios promise beyond the laws of all generators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from instances.generators.metro import MetroParams
from instances.generators.radio import HIGHEST_EFFICIENCY, LOWEST_EFFICIENCY, path_loss_db, spectral_efficiency
from instances.generators.registry import generate, make_params
from instances.generators.sites import SiteParams
from instances.generators.tiny import options_of_chain
from instances.generators.topology import load_topology
from instances.instance import Instance
from instances.networks.catalogue import load_network
from instances.networks.files import write_network
from instances.system import System, Tier

WITH_CELLS = ("metro", "grid")


def kinds_of(instance: Instance) -> dict[str, int]:
    found: dict[str, int] = {}
    for resource in instance.system.resources:
        found[resource.kind] = found.get(resource.kind, 0) + 1
    return found


def access_of(instance: Instance) -> tuple[IntArray, FloatArray]:
    """Return the link and the length of every candidate."""
    system, load = instance.system, instance.workload
    assert (np.diff(system.route_offsets)[load.candidate_route] == 1).all()
    link = system.route_links[system.route_offsets[load.candidate_route]].astype(np.int64)
    a, b = system.link_source[link], system.link_target[link]
    return link, np.hypot(system.node_x[a] - system.node_x[b], system.node_y[a] - system.node_y[b])


def cloud_routes(system: System) -> list[int]:
    tier = system.node_tier
    return np.flatnonzero((tier[system.route_source] == Tier.EDGE) & (tier[system.route_target] == Tier.CLOUD)).tolist()


@pytest.mark.parametrize("name", WITH_CELLS)
def test_every_site_has_its_cell_its_backhaul_and_its_processor(name: str) -> None:
    instance = generate(name, {"tasks": "80", "edges": "9", "clouds": "2", "networks": "alexnet"}, 3)
    assert kinds_of(instance) == {"node": 11, "cell": 9, "backhaul": 9}
    system = instance.system
    link, _ = access_of(instance)
    for site in system.nodes_of(Tier.EDGE):
        cells = set(system.link_resource[link[system.link_target[link] == site]].tolist())
        assert len(cells) <= 1
        for cell in cells:
            assert system.resources[cell].name == f"cell of {system.node_name(site)}"
    for route in cloud_routes(system):
        first = system.links_of(route)[0]
        owner = system.node_name(int(system.route_source[route]))
        assert system.resources[system.link_resource[first]].name == f"backhaul of {owner}"
        assert (system.link_resource[system.links_of(route)[1:]] == -1).all()


@pytest.mark.parametrize("name", WITH_CELLS)
def test_shared_core_gives_every_core_link_and_direction_its_own_resource(name: str) -> None:
    fixed = generate(name, {"tasks": "80", "edges": "9", "clouds": "2", "networks": "alexnet"}, 3)
    shared = generate(name, {"tasks": "80", "edges": "9", "clouds": "2", "networks": "alexnet", "core": "shared"}, 3)
    system = shared.system
    router = system.node_tier == Tier.ROUTER
    core = np.flatnonzero(router[system.link_source] & router[system.link_target])
    assert len(core) == kinds_of(shared)["core"] > 0
    assert len(set(system.link_resource[core].tolist())) == len(core)
    assert all(system.resources[r].kind == "core" for r in system.link_resource[core])
    np.testing.assert_array_equal(system.link_latency_s, fixed.system.link_latency_s)
    used = {int(r) for route in cloud_routes(system) for r in system.link_resource[system.links_of(route)]}
    assert {system.resources[r].kind for r in used if r >= 0} == {"backhaul", "core"}


@pytest.mark.parametrize("name", WITH_CELLS)
def test_tasks_reach_their_nearest_sites(name: str) -> None:
    instance = generate(name, {"tasks": "50", "edges": "30", "reach": "4", "networks": "alexnet"}, 5)
    system, load = instance.system, instance.workload
    sites = system.nodes_of(Tier.EDGE)
    for task in range(instance.n_tasks):
        x, y = (column[load.task_source[task]] for column in (system.node_x, system.node_y))
        distance = np.hypot(system.node_x[sites] - x, system.node_y[sites] - y)
        nearest = sites[np.argsort(distance)[:4]]
        in_range = nearest[np.sort(distance)[:4] <= SiteParams().range_m]
        expected = in_range if len(in_range) else nearest[:1]
        got = load.candidate_site[list(load.candidates_of(task))]
        assert got.tolist() == expected.tolist()


@pytest.mark.parametrize("name", WITH_CELLS)
def test_users_are_within_a_cell_of_some_site(name: str) -> None:
    instance = generate(name, {"tasks": "200", "cell_radius_m": "120", "networks": "alexnet"}, 5)
    _, length = access_of(instance)
    first = instance.workload.candidate_offsets[:-1]
    assert length[first].max() <= 120 + 1e-6


@pytest.mark.parametrize("name", WITH_CELLS)
def test_rates_fall_with_distance_where_there_is_no_shadowing(name: str) -> None:
    instance = generate(name, {"tasks": "300", "shadowing_db": "0", "networks": "alexnet"}, 5)
    link, length = access_of(instance)
    rate = instance.system.link_bytes_per_s[link][np.argsort(length)]
    assert (np.diff(rate) <= 0).all()
    assert rate[0] > 2 * rate[-1]


def test_shadowing_makes_rates_differ_at_one_distance() -> None:
    plain = generate("grid", {"shadowing_db": "0"}, 5).system.link_bytes_per_s
    shadowed = generate("grid", {"shadowing_db": "8"}, 5).system.link_bytes_per_s
    assert (plain != shadowed).any()


def test_path_loss_equals_the_formula_worked_out_by_hand() -> None:
    # 3GPP TR 38.901 UMi NLOS at 3.5 GHz, 100 m on the ground: d = sqrt(100^2 + 8.5^2) = 100.36 m
    expected = 35.3 * np.log10(100.3606) + 22.4 + 21.3 * np.log10(3.5)
    assert path_loss_db(100.0, 3.5e9) == pytest.approx(expected, abs=1e-4)
    assert expected == pytest.approx(104.64, abs=0.01)


@given(st.floats(1, 5000), st.floats(1, 5000), st.floats(0.5e9, 100e9))
def test_path_loss_rises_with_distance(a: float, b: float, carrier: float) -> None:
    near, far = sorted((a, b))
    assert path_loss_db(near, carrier) <= path_loss_db(far, carrier)


def test_spectral_efficiency_is_shannons_within_the_modulation_schemes() -> None:
    # 23 dBm + 0 dBi - 97 dB over 20 MHz with 0 dB noise figure: noise -100.99 dBm, SNR 26.99 dB = 500
    budget = {"transmit_dbm": 23.0, "gain_dbi": 0.0, "noise_figure_db": 0.0}
    assert spectral_efficiency(107.0, 20e6, **budget) == pytest.approx(np.log2(1 + 50), abs=0.01)
    assert spectral_efficiency(0.0, 20e6, **budget) == HIGHEST_EFFICIENCY
    assert spectral_efficiency(250.0, 20e6, **budget) == LOWEST_EFFICIENCY


@pytest.mark.parametrize("edges", [1, 3, 49, 50, 51, 400])
def test_metro_takes_fewer_and_more_sites_than_the_topology_has_nodes(edges: int) -> None:
    instance = generate("metro", {"tasks": "100", "edges": str(edges), "networks": "alexnet"}, 3)
    system = instance.system
    sites = system.nodes_of(Tier.EDGE)
    assert len(sites) == edges
    places = set(zip(system.node_x[sites].tolist(), system.node_y[sites].tolist(), strict=True))
    assert len(places) == edges
    homes = {int(system.link_target[system.links_of(r)[0]]) for r in cloud_routes(system)}
    assert (system.node_tier[list(homes)] == Tier.ROUTER).all()
    if edges == 400:
        assert len(homes) == 50


@pytest.mark.parametrize(("edges", "homes"), [(20, 20), (50, 50), (70, 50)])
def test_metro_gives_every_node_one_site_first_where_asked_to(edges: int, homes: int) -> None:
    params = MetroParams(tasks=50, edges=edges, sites_per_node=1, networks=("alexnet",))
    system = generate("metro", params, 3).system
    assert len({int(system.link_target[system.links_of(r)[0]]) for r in cloud_routes(system)}) == homes


def test_metro_stands_on_the_real_network() -> None:
    town = load_topology("sndlib/germany50")
    assert len(town.names) == 50
    assert len(town.links) == 88
    a, b = town.names.index("Aachen"), town.names.index("Augsburg")
    # about 450 km as the crow flies; the projection is good to a few per cent
    assert np.hypot(town.x[a] - town.x[b], town.y[a] - town.y[b]) == pytest.approx(450e3, rel=0.05)
    system = generate("metro", {"networks": "alexnet"}, 1).system
    assert len(system.nodes_of(Tier.ROUTER)) == 50
    router = system.node_tier == Tier.ROUTER
    core = router[system.link_source] & router[system.link_target]
    assert core.sum() == 176
    np.testing.assert_allclose(np.sort(system.link_latency_s[core]), np.sort(np.tile(town.length_m, 2)) / 2e8)


def test_metro_clouds_stand_at_the_best_connected_nodes() -> None:
    town = load_topology("sndlib/germany50")
    system = generate("metro", {"clouds": "3", "networks": "alexnet"}, 1).system
    first = int(system.nodes_of(Tier.ROUTER)[0])
    homes = system.link_source[np.isin(system.link_target, system.nodes_of(Tier.CLOUD))] - first
    assert sorted(town.degree[homes].tolist()) == sorted(town.degree.tolist())[-3:]


@pytest.mark.parametrize("name", WITH_CELLS)
def test_routes_to_clouds_are_the_shortest(name: str) -> None:
    system = generate(name, {"edges": "12", "clouds": "2", "networks": "alexnet"}, 1).system
    n = system.n_nodes
    best = np.full((n, n), np.inf)
    np.fill_diagonal(best, 0)
    fixed = (system.node_tier[system.link_source] != Tier.DEVICE).nonzero()[0]
    best[system.link_source[fixed], system.link_target[fixed]] = system.link_latency_s[fixed]
    for k in np.flatnonzero(system.node_tier == Tier.ROUTER):
        best = np.minimum(best, best[:, [k]] + best[[k], :])
    for route in cloud_routes(system):
        got = system.link_latency_s[system.links_of(route)].sum()
        expected = best[system.route_source[route], system.route_target[route]]
        assert got == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("key", ["topozoo/Abilene", "topozoo/BtEurope", "sndlib/ta2", "gabriel/25/0", "sndlib/polska"])
def test_other_topologies_work(key: str) -> None:
    instance = generate("metro", {"tasks": "20", "topology": key, "networks": "alexnet"}, 1)
    assert len(instance.system.nodes_of(Tier.ROUTER)) == len(load_topology(key).names)


@pytest.mark.parametrize(
    "key", ["", "nonsense", "sndlib/nonsense", "../../etc/passwd", "sndlib/../sndlib/polska", "/x"]
)
def test_unknown_topology_is_refused_in_one_line(key: str) -> None:
    with pytest.raises(InputError, match="topohub"):
        make_params("metro", {"topology": key})


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("metro", ("reach", "0")),
        ("metro", ("clouds", "51")),
        ("metro", ("placement", "nowhere")),
        ("metro", ("sites_per_node", "0")),
        ("metro", ("cell_radius_m", "0")),
        ("metro", ("carrier_hz", "1")),
        ("metro", ("cell_hz", "-1")),
        ("metro", ("fibre_m_per_s", "nan")),
        ("grid", ("spacing_m", "0")),
        ("grid", ("core", "some")),
        ("grid", ("shadowing_db", "-1")),
        ("line", ("access", "some")),
        ("line", ("access_bytes_per_s", "0")),
        ("line", ("backhaul_latency_s", "-1")),
        ("tiny", ("tasks_low", "9")),
        ("tiny", ("options_low", "13")),
        ("tiny", ("memory", "some")),
        ("tiny", ("zero_layers", "2")),
        ("tiny", ("zero_weights", "nan")),
    ],
)
def test_nonsense_parameters_of_a_scenario_are_refused(name: str, setting: tuple[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        make_params(name, dict([setting]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("access", "cells"), [("dedicated", 0), ("shared", 3)])
def test_line_shares_its_access_links_where_asked_to(access: str, cells: int) -> None:
    instance = generate("line", {"tasks": "12", "edges": "3", "access": access, "networks": "alexnet"}, 1)
    assert kinds_of(instance).get("cell", 0) == cells
    assert (np.diff(instance.workload.candidate_offsets) == 3).all()
    link, _ = access_of(instance)
    assert len(set(instance.system.link_resource[link].tolist())) == max(1, cells)


@pytest.mark.parametrize("name", ["line", "metro", "grid"])
def test_the_radio_is_charged_by_its_watts_alone(name: str) -> None:
    instance = generate(name, {"device_kinds": "raspberry-pi-4", "networks": "alexnet", "tasks": "8"}, 1)
    link, _ = access_of(instance)
    assert instance.system.kinds[0].transmit_watts > 0
    assert (instance.system.link_joules_per_byte[link] == 0).all()


def test_a_network_file_stands_for_its_network(tmp_path: Path) -> None:
    write_network(replace(load_network("alexnet"), name="mine"), tmp_path / "mine.json")
    instance = generate("line", {"tasks": "4", "networks": f"{tmp_path / 'mine.json'},nin"}, 1)
    assert [net.name for net in instance.networks] == ["mine", "nin"]
    with pytest.raises(InputError, match=r"none\.json"):
        generate("line", {"networks": str(tmp_path / "none.json")}, 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_tiny_options_lie_within_the_wanted_number(seed: int) -> None:
    instance = generate("tiny", {}, seed)
    assert 2 <= instance.n_tasks <= 6
    edges = len(instance.system.nodes_of(Tier.EDGE))
    assert 1 <= edges <= 2
    for net in instance.networks:
        assert 2 <= len(net) - 1 <= 5
        blocks = len(net.cut_points()) - 1
        options = options_of_chain(blocks, edges) * (1 + len(net.variants))
        options += sum(options_of_chain(net.cut_points().tolist().index(ex.after), edges) for ex in net.exits)
        assert 4 <= options <= 12


def test_tiny_meets_every_quirk_over_some_seeds() -> None:
    seen: set[str] = set()
    for seed in range(80):
        instance = generate("tiny", {"zero_weights": "0.2"}, seed)
        seen |= {f"kind {kind}" for kind in kinds_of(instance)}
        seen |= {"exit" for net in instance.networks if net.exits}
        seen |= {"variant" for net in instance.networks if net.variants}
        seen |= {"branch" for net in instance.networks if len(net.edges) >= len(net)}
        seen |= {"idle layer" for net in instance.networks if not net.operations[1:].all()}
        seen |= {"limit" if np.isfinite(instance.system.node_memory_bytes).any() else "no limit"}
        seen |= {"no weight" for weight in instance.workload.task_weight if weight == 0}
        seen |= {"floor" for floor in instance.workload.task_accuracy_floor if floor > 0}
    assert seen == {
        *("kind node", "kind cell", "kind backhaul", "exit", "variant", "branch", "idle layer"),
        *("limit", "no limit", "no weight", "floor"),
    }


def test_tiny_infeasible_memory_holds_not_even_the_smallest_versions() -> None:
    for seed in range(20):
        instance = generate("tiny", {"memory": "infeasible"}, seed)
        system, load = instance.system, instance.workload
        room = system.node_memory_bytes.sum()
        need = 0.0
        for k in load.task_network:
            net = instance.networks[k]
            versions = [net.parameter_bytes[: ex.after + 1].sum() + ex.parameter_bytes for ex in net.exits]
            versions += [var.parameter_factor * net.total_parameter_bytes for var in net.variants]
            need += min(net.total_parameter_bytes, *versions) if versions else net.total_parameter_bytes
        assert room < need


def test_tiny_infeasible_floor_is_met_by_no_version_of_one_task() -> None:
    for seed in range(20):
        instance = generate("tiny", {"floors": "infeasible"}, seed)
        best = np.array([net.accuracy for net in instance.networks], dtype=float)[instance.workload.task_network]
        assert (instance.workload.task_accuracy_floor > best).sum() == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["line", "grid", "metro"])
def test_a_million_tasks_generate(name: str) -> None:
    instance = generate(name, {"tasks": "1e6"}, 1)
    assert instance.n_tasks == 10**6


def test_a_reserved_slice_is_no_share_of_the_cell_and_narrows_what_is_left() -> None:
    clear = {"tasks": "2000", "transmit_dbm": "100", "gain_dbi": "100"}  # every link at the highest efficiency
    shared, half, own = (generate("metro", {**clear, "reserved": str(share)}, 3) for share in (0, 0.5, 1))

    def access(instance: Instance) -> tuple[IntArray, FloatArray]:
        link, _ = access_of(instance)
        return instance.system.link_resource[link].astype(np.int64), instance.system.link_bytes_per_s[link]

    (all_cells, _), (some_cells, some_rate), (no_cells, _) = access(shared), access(half), access(own)
    assert (all_cells >= 0).all()
    assert (no_cells < 0).all()
    free = some_cells < 0
    assert 0.4 < free.mean() < 0.6
    # a slice is a hundredth of a cell (a site has a hundred tasks), and half of the cell is left to the others
    assert some_rate[~free] == pytest.approx(50 * some_rate[free][0])
