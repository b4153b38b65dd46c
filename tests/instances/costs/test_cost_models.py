from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from instances.costs import model
from instances.costs.model import cost_model, cost_model_from, cost_model_names, make_cost_model
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.networks.graph import NetworkGraph
from instances.nodes.catalogue import node_kind
from instances.system import NodeKind
from tests.instances.samples import chain_network

FAST = NodeKind(
    name="fast", operations_per_s=1e9, peak_operations_per_s=2e9, bytes_per_s=1e8, busy_watts=10.0, source="invented"
)
PLAIN = NodeKind(name="plain", operations_per_s=5e8)


def filled(name: str, settings: dict[str, str] | None = None, net: NetworkGraph | None = None) -> CostTable:
    return make_cost_model(name, settings).fill(net or chain_network(), [FAST])


def csv(folder: Path, *lines: str) -> dict[str, str]:
    path = folder / "measured.csv"
    path.write_text("network,layer,kind,seconds\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return {"table": str(path)}


def test_all_cost_models_are_found_by_themselves() -> None:
    assert {"calibrated", "roofline", "measured"} <= set(cost_model_names())


def test_calibrated_seconds_are_operations_over_the_effective_rate() -> None:
    net = chain_network()
    table = make_cost_model("calibrated").fill(net, [FAST, PLAIN])
    np.testing.assert_allclose(table.layer_seconds, [net.operations / 1e9, net.operations / 5e8])
    np.testing.assert_allclose(table.head_seconds[0], [ex.operations / 1e9 for ex in net.exits])
    np.testing.assert_allclose(table.layer_joules[0], 10.0 * table.layer_seconds[0])
    assert not table.layer_joules[1].any()


def test_calibrated_gives_back_the_published_latency_of_the_calibration_network() -> None:
    seconds = make_cost_model("calibrated").fill(load_network("vgg16"), [node_kind("raspberry-pi-4")]).layer_seconds
    assert seconds.sum() == pytest.approx(0.98865, rel=2e-3)  # the multiply-adds are published to four digits


def test_roofline_is_the_longer_of_arithmetic_and_memory() -> None:
    net = chain_network()
    table = filled("roofline")
    read = np.concatenate(([0.0], net.output_bytes[:-1]))
    moved = read + net.parameter_bytes + net.output_bytes
    expected = [max(o / 2e9, b / 1e8) for o, b in zip(net.operations, moved, strict=True)]
    np.testing.assert_allclose(table.layer_seconds[0, 1:], expected[1:])
    assert table.layer_seconds[0, 0] == 0.0
    np.testing.assert_allclose(filled("roofline", {"efficiency": "0.5"}).layer_seconds, 2 * table.layer_seconds)


def test_roofline_refuses_a_kind_without_figures() -> None:
    with pytest.raises(InputError, match=r"plain.*peak_operations_per_s"):
        make_cost_model("roofline").fill(chain_network(), [PLAIN])


def test_measured_layers_are_taken_as_they_are(tmp_path: Path) -> None:
    net = chain_network()
    rows = [f"chain,{layer.name},fast,{0.1 * i}" for i, layer in enumerate(net.layers) if i]
    table = filled("measured", csv(tmp_path, *rows))
    np.testing.assert_allclose(table.layer_seconds[0], [0.0, 0.1, 0.2, 0.3, 0.4])


def test_measured_network_scales_the_calibrated_seconds_to_the_total(tmp_path: Path) -> None:
    net = chain_network()
    table = filled("measured", csv(tmp_path, "chain,,fast,3.5"))
    assert table.layer_seconds.sum() == pytest.approx(3.5)
    np.testing.assert_allclose(table.layer_seconds[0], 3.5 * net.operations / net.total_operations)


def test_measured_uses_the_published_latencies_of_the_catalogue_by_default() -> None:
    kinds = [node_kind("raspberry-pi-4"), node_kind("rtx-2080")]
    table = make_cost_model("measured").fill(load_network("resnet50"), kinds)
    np.testing.assert_allclose(table.layer_seconds.sum(axis=1), [0.48697, 0.00449])


def test_measured_refuses_or_falls_back_where_nothing_was_measured() -> None:
    with pytest.raises(InputError, match=r"chain.*was not measured on fast"):
        filled("measured")
    fallback = filled("measured", {"missing": "calibrated"})
    np.testing.assert_array_equal(fallback.layer_seconds, filled("calibrated").layer_seconds)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["chain,,fast"], "line 2.*4 cells"),
        (["chain,,fast,-1"], "line 2.*seconds"),
        (["chain,,fast,nan"], "line 2.*seconds"),
        (["chain,,fast,soon"], "line 2.*seconds"),
        (["chain,,fast,1", "chain,,fast,2"], "line 3.*before"),
        (["chain,nonsense,fast,1"], "nonsense"),
        (["chain,layer1,fast,1"], "every layer"),
        (['chain,"x,fast,1'], "CSV"),
    ],
)
def test_malformed_measurements_give_one_line(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        filled("measured", csv(tmp_path, *lines))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("nonsense", {}), ("roofline", {"efficiency": "2"}), ("roofline", {"speed": "2"}), ("measured", {"missing": "x"})],
)
def test_nonsense_settings_are_refused(name: str, settings: dict[str, str]) -> None:
    with pytest.raises(InputError):
        make_cost_model(name, settings)


def test_a_users_cost_model_registers_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_MODELS", dict(model._MODELS))

    @cost_model("constant")
    @dataclass(frozen=True, kw_only=True)
    class Constant:
        seconds: float = 1.0
        name: str = "constant"

        def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
            layers = np.full((len(kinds), len(network)), self.seconds)
            heads = np.zeros((len(kinds), len(network.exits)))
            return CostTable(layer_seconds=layers, layer_joules=layers, head_seconds=heads, head_joules=heads)

    assert "constant" in cost_model_names()
    assert filled("constant", {"seconds": "0.25"}).layer_seconds[0, 1] == 0.25
    with pytest.raises(InputError, match="taken"):
        cost_model("calibrated")(Constant)


def test_a_text_names_a_cost_model_and_its_parameters() -> None:
    assert cost_model_from("calibrated") == make_cost_model("calibrated")
    wanted = make_cost_model("measured", {"table": "a=b.csv", "missing": "calibrated"})
    assert cost_model_from("measured:table=a=b.csv;missing=calibrated") == wanted
    with pytest.raises(InputError, match="key=value"):
        cost_model_from("measured:calibrated")
