"""Profiles are read layer by layer; the regression per layer type recovers its own laws, and knows what it lacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from instances.costs.layer_profile import alexnet_profile, read_layer_profile
from instances.costs.layer_regression import fit_layers
from instances.costs.model import cost_model_from, make_cost_model
from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.networks.graph import Layer, NetworkGraph
from instances.networks.importers.caffe import import_caffe
from instances.nodes.catalogue import node_kind

IONN = Path(__file__).parents[4] / "shared" / "data" / "ionn-profiles"


def network() -> NetworkGraph:
    shapes = {"data": (3, 8, 8), "c": (4, 4, 4), "r": (4, 4, 4), "f": (10,)}
    kinds = {"data": "input", "c": "conv", "r": "relu", "f": "linear"}
    return NetworkGraph(
        name="small",
        layers=tuple(
            Layer(
                name=name,
                kind=kinds[name],
                operations=1e6 if name in "cf" else 0.0,
                output_bytes=4.0 * np.prod(shape),
                output_shape=shape,
                kernel=(3, 3) if name == "c" else None,
                stride=(2, 2) if name == "c" else None,
            )
            for name, shape in shapes.items()
        ),
        edges=((0, 1), (1, 2), (2, 3)),
    )


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "profile.txt"
    path.write_text(text)
    return path


def test_a_profile_gives_seconds_and_adds_splits_to_the_layer_that_wrote_the_tensor(tmp_path: Path) -> None:
    text = "0 input 9\n1 c 2.5\n2 r 1\n3 blob_r_0_split 0.25\n4 f 3e1\n"
    assert read_layer_profile(written(tmp_path, text), network()).tolist() == pytest.approx(
        [0.0, 0.0025, 0.00125, 0.03]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 input 1\n1 c", "line 2: must be a number, a layer and milliseconds"),
        ("0 input 1\n1 c fast", "line 2: milliseconds must be a finite number >= 0"),
        ("0 input 1\n1 c -1", "line 2: milliseconds must be a finite number >= 0"),
        ("0 input 1\n1 c nan", "line 2: milliseconds must be a finite number >= 0"),
        ("0 input 1\n1 c 1\n2 c 1", "line 3: this layer was given before"),
        ("0 input 1\n1 x 1", "line 2: must be a layer of network small"),
        ("0 input 1\n1 x_y_0_split 1", "line 2: must be a layer of network small"),
        ("0 input 1\n1 c 1\n2 r 1", "every layer of network small must have its time; missing is, got 'f'"),
    ],
)
def test_a_profile_that_does_not_fit_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        read_layer_profile(written(tmp_path, text), network())
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_profile_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_layer_profile(tmp_path / "none.txt", network())


@pytest.mark.skipif(not IONN.is_dir(), reason="no ../shared/data/ionn-profiles: the published profiles")
def test_the_cited_alexnet_is_the_published_one() -> None:
    mine, client, server = alexnet_profile()
    theirs = import_caffe(IONN / "alexnet.prototxt")
    assert mine.layers == theirs.layers
    assert mine.edges == theirs.edges
    assert client.tolist() == read_layer_profile(IONN / "alexnet.client.txt", theirs).tolist()
    assert server.tolist() == read_layer_profile(IONN / "alexnet.server.txt", theirs).tolist()


@pytest.mark.parametrize("form", ["linear", "logarithmic"])
def test_a_law_of_the_given_form_is_recovered(form: str) -> None:
    # seconds of a convolution as the formula has them, over networks with other channels and filters
    def scaled(channels: int, filters: int) -> NetworkGraph:
        layers = list(network().layers)
        layers[0] = Layer(name="data", kind="input", output_bytes=1.0, output_shape=(channels, 8, 8))
        layers[1] = Layer(
            name="c",
            kind="conv",
            operations=1e6,
            output_bytes=1.0,
            output_shape=(filters, 4, 4),
            kernel=(3, 3),
            stride=(2, 2),
        )
        return NetworkGraph(name="scaled", layers=(layers[0], layers[1]), edges=((0, 1),))

    def law(channels: int, filters: int) -> float:
        x = np.array([channels, 9 / 4 * filters])
        return float(0.5 + (np.log1p(x) if form == "logarithmic" else x) @ [0.2, 0.03])

    sizes = [(3, 8), (16, 8), (16, 64), (64, 32), (5, 5)]
    samples = [(scaled(*size), np.array([0.0, law(*size)])) for size in sizes]
    fitted = fit_layers(samples, target="seconds", form=form)  # type: ignore[arg-type]
    assert fitted.coefficients["conv"] == pytest.approx((0.5, 0.2, 0.03))
    assert fitted.r_squared["conv"] == pytest.approx(1.0)
    assert fitted.seconds(scaled(100, 100))[1] == pytest.approx(law(100, 100))
    rates = [(net, np.array([0.0, 1e6 / seconds[1]])) for net, seconds in samples]
    assert fit_layers(rates, form=form).seconds(scaled(100, 100))[1] == pytest.approx(1e6 / law(100, 100))  # type: ignore[arg-type]


def test_no_prediction_is_negative_and_the_input_takes_nothing() -> None:
    net, client, _ = alexnet_profile()
    for target in ("rate", "seconds"):
        seconds = fit_layers([(net, client)], target=target).seconds(load_network("vgg16"))  # type: ignore[arg-type]
        assert seconds[0] == 0.0
        assert (seconds >= 0).all()


def test_a_type_without_samples_is_named_unless_it_is_element_wise() -> None:
    net = network()
    no_linear = NetworkGraph(name="short", layers=net.layers[:3], edges=net.edges[:2])
    fitted = fit_layers([(no_linear, np.array([0.0, 1.0, 0.1]))])
    with pytest.raises(InputError, match=r"small.*no layer of this type was measured, got 'linear'"):
        fitted.seconds(net)
    renamed = NetworkGraph(
        name="other",
        layers=(*net.layers[:2], Layer(name="s", kind="silu", output_bytes=256.0, output_shape=(4, 4, 4))),
        edges=net.edges[:2],
    )
    assert fitted.seconds(renamed)[2] == pytest.approx(0.1)


def test_the_cost_model_scales_alexnets_profile_to_the_rate_of_the_kind() -> None:
    net, _, _ = alexnet_profile()
    slow, fast = node_kind("raspberry-pi-4"), node_kind("rtx-2080")
    table = make_cost_model("layer-regression").fill(net, [slow, fast])
    total = table.layer_seconds.sum(axis=1)
    assert total[0] / total[1] == pytest.approx(fast.operations_per_s / slow.operations_per_s)
    assert total[0] == pytest.approx(net.total_operations / slow.operations_per_s, rel=0.1)


def test_the_cost_model_fits_a_users_own_table(tmp_path: Path) -> None:
    net = load_network("alexnet")
    rows = [f"alexnet,{layer.name},raspberry-pi-4,{0.01 * (1 + i % 3)}" for i, layer in enumerate(net.layers) if i]
    path = tmp_path / "measured.csv"
    path.write_text("\n".join(["network,layer,kind,seconds", *rows]) + "\n")
    model = cost_model_from(f"layer-regression:table={path};target=seconds")
    seconds = model.fill(net, [node_kind("raspberry-pi-4")]).layer_seconds[0]
    assert 0.3 < seconds.sum() / (0.02 * (len(net) - 1)) < 3
    with pytest.raises(InputError, match="has no layers that ran on, got 'rtx-2080'"):
        model.fill(net, [node_kind("rtx-2080")])
    path.write_text("\n".join(["network,layer,kind,seconds", *rows[:-1]]) + "\n")
    with pytest.raises(InputError, match="every layer must be measured; missing is"):
        model.fill(net, [node_kind("raspberry-pi-4")])


@pytest.mark.parametrize("setting", ["target=speed", "form=cubic"])
def test_unknown_settings_are_refused(setting: str) -> None:
    with pytest.raises(InputError, match="layer-regression"):
        cost_model_from(f"layer-regression:{setting}")
