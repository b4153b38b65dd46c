"""What an instance refuses, and what its identity depends on."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from instances.costs.table import CostTable
from instances.errors import InputError
from instances.instance import Instance
from tests.instances.samples import branch_network, small_instance

INSTANCE = small_instance(0)
N = INSTANCE.n_tasks


def with_load(name: str, row: int, value: int) -> Instance:
    values = getattr(INSTANCE.workload, name).copy()
    values[row] = value
    return replace(INSTANCE, workload=replace(INSTANCE.workload, **{name: values}))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("task_network", 2, "task 1: network must be in 0..1, got 2"),
        ("task_network", -1, "task 1: network must be in 0..1, got -1"),
        ("task_source", 4, "task 1: source must be a node in 0..3, got 4"),
        ("task_source", 0, "task 1: source must be a device, got 0"),
        ("candidate_site", -1, "task 1, candidate 0: site must be a node in 0..3, got -1"),
        ("candidate_site", 2, "task 1, candidate 0: site must be an edge or cloud node, got 2"),
        ("candidate_site", 1, "task 1, candidate 0: route must lead from the task's source to the site, got 1"),
        ("candidate_route", 5, "task 1, candidate 0: route must be in 0..4, got 5"),
        ("candidate_route", 0, "task 1, candidate 0: route must lead from the task's source to the site, got 0"),
    ],
)
def test_a_bad_reference_is_named(name: str, value: int, message: str) -> None:
    with pytest.raises(InputError) as refused:
        with_load(name, 1, value)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"networks": (), "costs": ()}, "instance: needs at least one network, got 0"),
        ({"networks": INSTANCE.networks[:1] * 2}, "instance: network names must be unique, got ['chain', 'chain']"),
        ({"costs": INSTANCE.costs[:1]}, "instance.costs: needs one table a network (2), got 1"),
        ({"costs": INSTANCE.costs[::-1]}, "costs of chain: must have the shape (kinds, layers) = (3, 5), got (3, 6)"),
    ],
)
def test_networks_and_costs_belong_together(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        replace(INSTANCE, **changes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("layer_seconds", -1.0, "costs.layer_seconds: must be finite and >= 0, got -1.0"),
        ("layer_joules", np.nan, "costs.layer_joules: must be finite and >= 0, got nan"),
        ("head_seconds", np.inf, "costs.head_seconds: must be finite and >= 0, got inf"),
        ("head_joules", -0.5, "costs.head_joules: must be finite and >= 0, got -0.5"),
    ],
)
def test_bad_costs_are_refused(name: str, value: float, message: str) -> None:
    values = getattr(INSTANCE.costs[0], name).copy()
    values[0, 0] = value
    with pytest.raises(InputError) as refused:
        replace(INSTANCE.costs[0], **{name: values})
    assert str(refused.value) == message


def test_cost_tables_have_two_axes_and_pairs_of_one_shape() -> None:
    good = {name: getattr(INSTANCE.costs[0], name) for name in CostTable.__dataclass_fields__}
    with pytest.raises(InputError, match=r"^costs.layer_seconds: must have two axes \(kind, layer\), got \(5,\)$"):
        CostTable(**{**good, "layer_seconds": np.zeros(5)})
    with pytest.raises(InputError, match=r"^costs.layer_joules: must have the shape of layer_seconds \(3, 5\)"):
        CostTable(**{**good, "layer_joules": np.zeros((3, 4))})


# identity


def test_the_identity_is_that_of_the_content() -> None:
    assert INSTANCE.sha256 == small_instance(0).sha256
    assert len(INSTANCE.sha256) == 64
    assert INSTANCE.sha256 != small_instance(2).sha256
    assert replace(INSTANCE, name="other", provenance={"by": "somebody"}).sha256 == INSTANCE.sha256


def test_one_bit_of_any_column_changes_the_identity() -> None:
    for owner_name in ("system", "workload"):
        owner = getattr(INSTANCE, owner_name)
        for name in owner.__dataclass_fields__:
            values = getattr(owner, name)
            if isinstance(values, np.ndarray) and values.dtype == np.float64:
                moved = values.copy()
                moved[0] = np.nextafter(moved[0], 1.0) if np.isfinite(moved[0]) else 1.0
                other = replace(INSTANCE, **{owner_name: replace(owner, **{name: moved})})
                assert other.sha256 != INSTANCE.sha256, name


def test_negative_zero_and_bits_of_nan_do_not_change_the_identity() -> None:
    other_nan = np.frombuffer(np.uint64(0xFFF8000000000001).tobytes(), dtype=np.float64)[0]
    x, price = INSTANCE.system.node_x.copy(), INSTANCE.system.node_price_per_s.copy()
    assert np.isnan(x[1])
    assert price[2] == 0.0
    x[1], price[2] = other_nan, -0.0
    assert (
        replace(INSTANCE, system=replace(INSTANCE.system, node_x=x, node_price_per_s=price)).sha256 == INSTANCE.sha256
    )


def test_names_of_layers_belong_to_the_identity() -> None:
    nets = (INSTANCE.networks[0], branch_network("bough"))
    assert replace(INSTANCE, networks=nets).sha256 != INSTANCE.sha256


def test_an_instance_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        INSTANCE.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        INSTANCE.provenance["seed"] = 1  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        INSTANCE.workload.task_weight[0] = 2.0


def test_the_summary_counts_what_is_there() -> None:
    text = INSTANCE.summary()
    assert f"{N} tasks, each reaching 1..1 sites" in text
    assert "2 device, 1 edge, 1 cloud" in text
    assert "links: 3, routes: 5" in text
    assert "shared: 1 backhaul, 1 cell, 2 node" in text
    assert "chain: " in text and "branch: " in text
