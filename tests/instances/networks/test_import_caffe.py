"""Caffe definitions become networks with Caffe's shapes, weights and in-place rule; nonsense is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.cli.main import main
from instances.errors import InputError
from instances.networks.files import read_network
from instances.networks.importers.caffe import import_caffe
from instances.networks.importers.prototxt import parse_prototxt

IONN = Path(__file__).parents[4] / "shared" / "data" / "ionn-profiles"
HEAD = 'name: "net" input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 9\n'


def layer(name: str, kind: str, bottom: str = "data", more: str = "", top: str | None = None) -> str:
    reads = " ".join(f'bottom: "{blob}"' for blob in bottom.split(","))
    return f'layer {{ name: "{name}" type: "{kind}" {reads} top: "{top or name}" {more} }}\n'


def imported(tmp_path: Path, text: str):
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    return import_caffe(path)


def test_fields_repeat_nest_and_have_their_types() -> None:
    text = "a: 1 a: -2.5e1 # a remark { \n b { c: 'x y' d < e: true f: MAX > } g: { } h: 1f"
    assert parse_prototxt(text) == {
        "a": [1, -25.0],
        "b": [{"c": ["x y"], "d": [{"e": [True], "f": ["MAX"]}]}],
        "g": [{}],
        "h": [1.0],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n}", "line 2: must be the name of a field, got '}'"),
        ("a {\n b: 1", "line 2: a message must be closed, got 'the end'"),
        ("a", "line 1: field a must have a value, got 'the end'"),
        ("a: }", "line 1: field a must have a value, got '}'"),
        ("a: 1\n\n?", "line 3: must be a protocol buffer in text form"),
        ("1: 2", "line 1: must be the name of a field, got '1'"),
        ("a {" * 60, "must not be nested more than 50 deep"),
    ],
)
def test_text_that_is_none_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_prototxt(text)
    assert message in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:{}<>\"'#1.-e \n,", max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        assert isinstance(parse_prototxt(text), dict)
    except InputError as error:
        assert "\n" not in str(error)


def test_convolutions_round_down_and_pooling_up(tmp_path: Path) -> None:
    net = imported(
        tmp_path,
        HEAD
        + layer("c", "Convolution", more="convolution_param { num_output: 6 kernel_size: 4 stride: 2 group: 3 }")
        + layer("p", "Pooling", "c", "pooling_param { kernel_size: 2 stride: 2 }")
        + layer("q", "Pooling", "p", "pooling_param { global_pooling: true }"),
    )
    assert [one.output_shape for one in net.layers] == [(3, 9, 9), (6, 3, 3), (6, 2, 2), (6, 1, 1)]
    conv = net.layers[1]
    assert conv.parameter_bytes == 4 * (6 * 1 * 16 + 6)
    assert conv.operations == 2 * 6 * 16 * 9
    assert (conv.kernel, conv.stride, conv.padding) == ((4, 4), (2, 2), (0, 0))


def test_a_pooling_window_does_not_begin_in_the_padding(tmp_path: Path) -> None:
    # Caffe's rule: without the correction the extent would be ceil((9 + 2 - 3) / 3) + 1 = 4 with a window from 9 on
    net = imported(tmp_path, HEAD + layer("p", "Pooling", more="pooling_param { kernel_size: 2 stride: 3 pad: 1 }"))
    assert net.layers[1].output_shape == (3, 4, 4)
    net = imported(tmp_path, HEAD + layer("p", "Pooling", more="pooling_param { kernel_size: 1 stride: 10 pad: 1 }"))
    assert net.layers[1].output_shape == (3, 1, 1)


def test_layers_in_place_read_what_was_written_last(tmp_path: Path) -> None:
    net = imported(
        tmp_path,
        HEAD
        + layer("c", "Convolution", more="convolution_param { num_output: 2 kernel_size: 1 bias_term: false }")
        + layer("b", "BatchNorm", "c", top="c")
        + layer("s", "Scale", "c", "scale_param { bias_term: true }", top="c")
        + layer("r", "ReLU", "c", top="c")
        + layer("d", "Convolution", "c", "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 1 pad_h: 1 }")
        + layer("e", "Eltwise", "c,d")
        + layer("k", "Concat", "e,c")
        + layer("f", "InnerProduct", "k", "inner_product_param { num_output: 5 }"),
    )
    names = [one.name for one in net.layers]
    flows = {(names[a], names[b]) for a, b in net.edges}
    assert flows == {
        ("data", "c"),
        ("c", "b"),
        ("b", "s"),
        ("s", "r"),
        ("r", "d"),
        ("r", "e"),
        ("d", "e"),
        ("e", "k"),
        ("r", "k"),
        ("k", "f"),
    }
    held = dict(zip(names, net.parameter_bytes / 4, strict=True))
    assert held == {"data": 0, "c": 6, "b": 5, "s": 4, "r": 0, "d": 14, "e": 0, "k": 0, "f": 5 * 4 * 81 + 5}
    assert net.layers[names.index("k")].output_shape == (4, 9, 9)


def test_an_input_layer_gives_the_shape(tmp_path: Path) -> None:
    text = 'layer { name: "in" type: "Input" top: "x" input_param { shape: { dim: 1 dim: 4 } } }' + layer(
        "f", "InnerProduct", "x", "inner_product_param { num_output: 2 bias_term: false }"
    )
    net = imported(tmp_path, text)
    assert (net.name, net.layers[0].name, net.layers[0].output_shape) == ("net", "in", (4,))
    assert net.parameter_bytes.tolist() == [0, 32]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a Caffe network definition"),
        (HEAD + layer("c", "Magic"), "layer c: must be of a known type"),
        (HEAD + layer("c", "ReLU", "nothing"), "layer c: reads a blob that no layer before it writes, got 'nothing'"),
        (HEAD + layer("c", "Convolution"), "layer c, kernel_size: must be >= 1, got 0"),
        (HEAD + layer("c", "Convolution", more="convolution_param { kernel_size: 10 num_output: 1 }"), "must fit"),
        (
            HEAD + layer("c", "Convolution", more="convolution_param { kernel_size: 1 num_output: 4 group: 2 }"),
            "a multiple of group",
        ),
        (HEAD + layer("c", "Convolution", more='convolution_param { kernel_size: "a" }'), "must be of type int"),
        (HEAD + layer("c", "Convolution", more="convolution_param { kernel_size: 99999999999 }"), "must be below"),
        (HEAD + layer("f", "InnerProduct"), "layer f: num_output must be >= 1"),
        ('input: "data" input_dim: 1 input_dim: 0 input_dim: 3 input_dim: 3', "whole numbers >= 1"),
        ('input: "data"', "must have the shape of each of its 1 inputs, got 0"),
        (HEAD + "layer: 3", "a layer must be a message, got 3"),
    ],
)
def test_nonsense_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        imported(tmp_path, text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        import_caffe(tmp_path / "none.prototxt")


def test_tiercut_import_takes_a_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "net.prototxt"
    source.write_text(HEAD + layer("f", "InnerProduct", more="inner_product_param { num_output: 2 }"))
    assert main(["import", str(source), "-o", str(tmp_path / "net.json"), "--name", "mine"]) == 0
    assert "mine: 1 layers" in capsys.readouterr().out
    assert read_network(tmp_path / "net.json").name == "mine"


@pytest.mark.skipif(not IONN.is_dir(), reason="no ../shared/data/ionn-profiles: the published Caffe definitions")
@pytest.mark.parametrize(
    ("name", "gmacs", "parameters", "last"),
    [
        # of the architectures (grouped AlexNet, GoogLeNet without auxiliary heads); Caffe keeps a mean, a variance and
        # a factor with every normalisation, and this ResNet's first convolution has a bias
        ("alexnet", 0.724, 60_965_224, (1000,)),
        ("googlenet", 1.583, 6_998_552, (1000,)),
        ("mobilenet", 0.569, 4_231_976 + 21_888 + 27, (1000, 1, 1)),
        ("resnet50", 3.858, 25_557_032 + 53_120 + 53 + 64, (1000,)),
    ],
)
def test_published_definitions_have_their_known_sizes(
    name: str, gmacs: float, parameters: int, last: tuple[int, ...]
) -> None:
    net = import_caffe(IONN / f"{name}.prototxt")
    assert net.total_operations / 2e9 == pytest.approx(gmacs, abs=6e-4)
    assert net.layers[-1].output_shape == last
    assert net.total_parameter_bytes / 4 == parameters
