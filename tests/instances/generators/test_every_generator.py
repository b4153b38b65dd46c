"""Laws that every registered generator keeps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from instances.errors import InputError
from instances.generators import registry
from instances.generators.registry import generate, generator, generator_names, get_generator, make_params
from instances.generators.tiny import TinyParams
from instances.instance import Instance
from instances.nodes import catalogue
from instances.system import Tier

SCENARIOS = ("line", "grid", "metro")


@pytest.mark.parametrize("name", generator_names())
@pytest.mark.parametrize("seed", [0, 7])
def test_same_seed_gives_the_same_instance(name: str, seed: int) -> None:
    assert generate(name, {}, seed).sha256 == generate(name, {}, seed).sha256


@pytest.mark.parametrize("name", generator_names())
def test_other_seed_gives_another_instance(name: str) -> None:
    assert len({generate(name, {}, seed).sha256 for seed in range(5)}) == 5


@pytest.mark.parametrize("name", generator_names())
def test_another_process_gives_the_same_instance(name: str) -> None:
    program = f"from instances.generators.registry import generate; print(generate({name!r}, {{}}, 11).sha256)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == generate(name, {}, 11).sha256


@pytest.mark.parametrize("name", generator_names())
def test_global_random_state_is_neither_used_nor_moved(name: str) -> None:
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    first = generate(name, {}, 3).sha256
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert generate(name, {}, 3).sha256 == first


@pytest.mark.parametrize("name", generator_names())
def test_provenance_regenerates_the_instance(name: str) -> None:
    made = generate(name, {}, 5)
    again = generate(made.provenance["generator"], made.provenance["parameters"], made.provenance["seed"])
    assert again.sha256 == made.sha256


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("tasks", [1, 2, 5, 37])
@pytest.mark.parametrize("edges", ["auto", "1", "7"])
@pytest.mark.parametrize("clouds", ["1", "3"])
def test_small_sizes_are_valid_instances(name: str, tasks: int, edges: str, clouds: str) -> None:
    settings = {"tasks": str(tasks), "edges": edges, "clouds": clouds, "networks": "alexnet"}
    instance = generate(name, settings, 2)
    assert instance.n_tasks == tasks
    assert len(instance.system.nodes_of(Tier.DEVICE)) == tasks
    assert len(instance.system.nodes_of(Tier.CLOUD)) == int(clouds)
    if edges != "auto":
        assert len(instance.system.nodes_of(Tier.EDGE)) == int(edges)


def check_structure(instance: Instance) -> None:
    system, load = instance.system, instance.workload
    reach = np.diff(load.candidate_offsets)
    assert (reach >= 1).all()
    for task in range(instance.n_tasks):
        sites = load.candidate_site[load.candidate_offsets[task] : load.candidate_offsets[task + 1]]
        assert len(set(sites.tolist())) == len(sites)
    assert len(set(load.task_source.tolist())) == instance.n_tasks
    clouds = system.nodes_of(Tier.CLOUD)
    edges = system.nodes_of(Tier.EDGE)
    served = {(int(a), int(b)) for a, b in zip(system.route_source, system.route_target, strict=True)}
    assert {(int(e), int(c)) for e in edges for c in clouds} <= served
    shared = system.node_resource[np.concatenate([edges, clouds])]
    assert len(set(shared.tolist())) == len(shared)
    assert all(system.resources[r].kind == "node" for r in shared)


# in smart-iot nothing is shared: there, tasks wait for one another in a schedule
@pytest.mark.parametrize("name", [name for name in generator_names() if name != "smart-iot"])
def test_every_site_leads_to_every_cloud_and_every_processor_is_shared(name: str) -> None:
    for seed in range(3):
        check_structure(generate(name, {}, seed))


@pytest.mark.parametrize("name", SCENARIOS)
def test_common_parameters_take_effect(name: str) -> None:
    settings = {
        "tasks": "60",
        "networks": "alexnet,resnet18",
        "device_kinds": "raspberry-pi-4",
        "edge_kinds": "jetson-tx2,jetson-nano",
        "cloud_kinds": "k80",
        "device_spread": "0",
        "weight_low": "0",
        "weight_high": "3",
        "deadline_factor": "2",
        "accuracy_floor": "0.9",
        "exits": "true",
        "variants": "true",
        "edge_memory_bytes": "1e9",
        "edge_speed": "4",
        "edge_spread": "0",
        "cloud_speed": "9",
    }
    instance = generate(name, settings, 4)
    system, load = instance.system, instance.workload
    assert [kind.name for kind in system.kinds] == ["raspberry-pi-4", "jetson-tx2", "jetson-nano", "k80"]
    assert set(load.task_weight.tolist()) == {0.0, 1.0, 2.0, 3.0}
    assert (system.node_speed[load.task_source] == 1).all()
    assert (system.node_speed[system.nodes_of(Tier.EDGE)] == 4).all()
    assert (system.node_speed[system.nodes_of(Tier.CLOUD)] == 9).all()
    assert (system.node_memory_bytes[system.nodes_of(Tier.EDGE)] == 1e9).all()
    for k, net in enumerate(instance.networks):
        assert net.exits
        assert net.variants
        mine = load.task_network == k
        assert net.accuracy is not None
        np.testing.assert_allclose(load.task_accuracy_floor[mine], 0.9 * net.accuracy)
        np.testing.assert_allclose(load.task_deadline_s[mine], 2 * instance.costs[k].layer_seconds[0].sum())


@pytest.mark.parametrize("name", SCENARIOS)
def test_contention_stays_the_same_as_tasks_grow_and_falls_with_load(name: str) -> None:
    def edge_speed_a_task(**settings: str) -> float:
        instance = generate(name, {"edge_spread": "0", "networks": "alexnet", **settings}, 1)
        edges = instance.system.nodes_of(Tier.EDGE)
        return float(instance.system.node_speed[edges].sum()) / instance.n_tasks

    assert edge_speed_a_task(tasks="20") == pytest.approx(edge_speed_a_task(tasks="900"))
    assert edge_speed_a_task(load="2") == pytest.approx(edge_speed_a_task() / 2)


def test_users_own_node_kinds_and_cost_model_parameters_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = dict(catalogue._catalogue())
    monkeypatch.setattr(catalogue, "_catalogue", lambda: own)
    path = tmp_path / "kinds.toml"
    path.write_text(
        '[[kind]]\nname = "own-board"\npeak_operations_per_s = 4e9\nbytes_per_s = 1e9\n'
        '[kind.effective]\npercent_of_peak = 0.5\nassumed = "a guess"\n'
        '[kind.assumed]\npeak_operations_per_s = "a guess"\nbytes_per_s = "a guess"\n',
        encoding="utf-8",
    )
    settings = {"kinds_file": str(path), "device_kinds": "own-board", "edge_kinds": "own-board", "cloud_kinds": "k40"}
    instance = generate("line", {**settings, "costs": "roofline:efficiency=0.5", "networks": "vgg16"}, 1)
    assert instance.system.kinds[0].operations_per_s == 2e9
    assert instance.costs[0].layer_seconds[0].sum() >= 2 * 15.4e9 / 2e9


def test_all_vision_leaves_out_the_language_models() -> None:
    names = {net.name for net in generate("line", {"networks": "all-vision"}, 1).networks}
    assert {"vgg16", "vit_b_16", "yolov2"} <= names
    assert not names & {"bert_base", "gpt2"}


@pytest.mark.parametrize("name", generator_names())
@pytest.mark.parametrize("seed", [-1, 1.5, True, "7"])
def test_nonsense_seed_is_refused(name: str, seed: object) -> None:
    with pytest.raises(InputError, match="seed"):
        generate(name, {}, seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(
    "setting",
    [
        ("tasks", "0"),
        ("tasks", "-5"),
        ("tasks", "1e30"),
        ("tasks", "nan"),
        ("edges", "0"),
        ("clouds", "0"),
        ("networks", "nonsense"),
        ("networks", "alexnet,alexnet"),
        ("networks", ""),
        ("device_kinds", "abacus"),
        ("load", "0"),
        ("load", "inf"),
        ("load", "nan"),
        ("weight_low", "-1"),
        ("weight_high", "0"),
        ("device_spread", "-0.1"),
        ("device_spread", "1000"),
        ("edge_speed", "0"),
        ("deadline_factor", "-1"),
        ("deadline_factor", "nan"),
        ("accuracy_floor", "1.2"),
        ("edge_memory_bytes", "-1"),
        ("costs", "crystal-ball"),
        ("costs", "roofline:efficiency=7"),
        ("kinds_file", "no/such/kinds_file.toml"),
        ("nonsense", "1"),
    ],
)
def test_nonsense_parameter_is_refused_in_one_line(name: str, setting: tuple[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        make_params(name, dict([setting]))
    assert setting[0] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_generator_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="grid, line, metro, metro-benchmark, smart-iot, tiny"):
        generate("nonsense")


def test_parameters_of_another_generator_are_refused() -> None:
    with pytest.raises(InputError, match="LineParams"):
        generate("line", TinyParams(), 1)


@pytest.mark.parametrize("name", generator_names())
def test_generators_describe_themselves(name: str) -> None:
    found = get_generator(name)
    assert found.doc.endswith(".")
    assert all(kind and default != "required" for kind, default in found.parameters().values())


def test_a_users_generator_registers_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_GENERATORS", dict(registry._GENERATORS))

    @generator("mine", TinyParams)
    def mine(params: TinyParams, seed: int) -> Instance:
        """Generate what I like."""
        return registry.get_generator("tiny").function(params, seed + 1)

    assert "mine" in generator_names()
    made = generate("mine", {"tasks_low": "3", "tasks_high": "3"}, 1)
    assert made.n_tasks == 3
    assert made.provenance["generator"] == "mine"
    with pytest.raises(InputError, match="taken"):
        generator("line", TinyParams)(mine)
