from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.networks.importers.onnx import import_onnx

onnx = pytest.importorskip("onnx", reason="the package onnx is absent")
from onnx import TensorProto, helper  # noqa: E402

LIGHT = Path(__file__).parents[4] / "shared" / "data" / "onnx-light"
FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64


def weight(name, *shape, kind=FLOAT, values=None):
    size = 1
    for extent in shape:
        size *= extent
    return helper.make_tensor(name, kind, shape, values if values is not None else [0.5] * size)


def value(name, *shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, weights=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("my", 1)])


def small():
    """Convolution, normalisation, a residual branch, pooling, a reshape, a linear layer."""
    return model(
        [
            helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2], group=2),
            helper.make_node("BatchNormalization", ["c", "s", "t", "mean", "var"], ["n"], name="bn"),
            helper.make_node("Relu", ["n"], ["r"], name="relu"),
            helper.make_node("Add", ["n", "r"], ["a"], name="add"),
            helper.make_node("GlobalAveragePool", ["a"], ["p"], name="pool"),
            helper.make_node("Reshape", ["p", "shape"], ["f"], name="reshape"),
            helper.make_node("Gemm", ["f", "fw", "fb"], ["y"], name="fc", transB=1),
        ],
        [value("x", "batch", 4, 8, 8)],
        [value("y", "batch", 10)],
        [
            weight("w", 6, 2, 3, 3),
            *(weight(name, 6) for name in ("b", "s", "t", "mean", "var")),
            weight("shape", 2, kind=INT, values=[0, -1]),
            weight("fw", 10, 6),
            weight("fb", 10),
        ],
    )


@pytest.fixture
def load(tmp_path):
    def read(made, **options):
        path = tmp_path / "net.onnx"
        path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
        return import_onnx(path, **options)

    return read


def test_layers_work_weights_and_windows_of_a_small_network(load):
    net = load(small())
    assert net.name == "net"
    assert [(layer.name, layer.kind) for layer in net.layers] == [
        *(("input", "input"), ("conv", "conv"), ("bn", "batch_norm"), ("relu", "relu")),
        *(("add", "add"), ("pool", "pool"), ("fc", "linear")),
    ]
    assert net.edges == ((0, 1), (1, 2), (2, 3), (2, 4), (3, 4), (4, 5), (5, 6))
    conv, norm, *_, pool, fc = net.layers[1:]
    assert conv.operations == 2 * (6 * 4 * 4) * (2 * 3 * 3)  # grouped: two input channels per output
    assert conv.parameter_bytes == 4 * (6 * 2 * 3 * 3 + 6)
    assert (conv.kernel, conv.stride, conv.padding, conv.output_shape) == ((3, 3), (2, 2), (1, 1), (6, 4, 4))
    assert norm.parameter_bytes == 4 * 12  # scale and shift; running mean and variance are no parameters
    assert (pool.kernel, pool.output_shape, pool.operations) == ((4, 4), (6, 1, 1), 0)
    assert (fc.operations, fc.parameter_bytes, fc.output_bytes) == (2 * 60, 4 * 70, 40)


def test_symbolic_batch_is_one_unless_given(load):
    assert load(small(), dimensions={"batch": 3}).total_operations == 3 * load(small()).total_operations


def test_open_dimension_beyond_the_batch_must_be_given(load):
    made = model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [value("x", 1, "tokens", 4)],
        [value("y", 1, "tokens", 5)],
        [weight("w", 4, 5)],
    )
    with pytest.raises(InputError, match="needs a size for dimension tokens"):
        load(made)
    assert load(made, dimensions={"tokens": 7}).total_operations == 2 * 7 * 4 * 5


def test_several_inputs_and_outputs_are_joined(load):
    made = model(
        [
            helper.make_node("Relu", ["x"], ["a"], name="first"),
            helper.make_node("Relu", ["z"], ["b"], name="second"),
        ],
        [value("x", 1, 4), value("z", 1, 6), value("unused", 1, 9)],
        [value("a", 1, 4), value("b", 1, 6)],
    )
    net = load(made)
    assert [(layer.name, layer.output_bytes) for layer in net.layers] == [
        *(("input", 40), ("x", 16), ("z", 24), ("first", 16), ("second", 24), ("output", 40)),
    ]
    assert net.edges == ((0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5))
    assert net.total_operations == 0


def test_shared_weights_are_held_once_and_unused_branches_dropped(load):
    made = model(
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="one"),
            helper.make_node("MatMul", ["h", "w"], ["y"], name="two"),
            helper.make_node("MatMul", ["h", "v"], ["dead"], name="three"),
        ],
        [value("x", 1, 4)],
        [value("y", 1, 4)],
        [weight("w", 4, 4), weight("v", 4, 4)],
    )
    net = load(made)
    assert [layer.parameter_bytes for layer in net.layers] == [0, 64, 0]
    assert [layer.kind for layer in net.layers] == ["input", "linear", "linear"]


def test_split_and_slice_become_layers_because_they_send_less(load):
    made = model(
        [
            helper.make_node("Split", ["x"], ["a", "b"], name="split", axis=1),
            helper.make_node("MatMul", ["a", "b"], ["y"], name="product"),
        ],
        [value("x", 1, 2, 3, 3)],
        [value("y", 1, 1, 3, 3)],
    )
    net = load(made)
    assert [(layer.kind, layer.output_bytes) for layer in net.layers] == [
        *(("input", 72), ("slice", 36), ("slice", 36), ("matmul", 36)),
    ]
    assert net.total_operations == 2 * 9 * 3


def test_shape_arithmetic_on_the_data_is_no_layer(load):
    made = model(
        [
            helper.make_node("Relu", ["x"], ["r"]),
            helper.make_node("Shape", ["r"], ["s"]),
            helper.make_node("Gather", ["s", "zero"], ["n"]),
            helper.make_node("Unsqueeze", ["n", "zeros"], ["m"]),
            helper.make_node("Concat", ["m", "rest"], ["shape"], axis=0),
            helper.make_node("Reshape", ["r", "shape"], ["f"]),
            helper.make_node("Relu", ["f"], ["y"]),
        ],
        [value("x", 2, 3, 4)],
        [value("y", 2, 12)],
        [
            weight("zero", kind=INT, values=[0]),
            weight("zeros", 1, kind=INT, values=[0]),
            weight("rest", 1, kind=INT, values=[-1]),
        ],
    )
    assert [layer.kind for layer in load(made).layers] == ["input", "relu", "relu"]


def test_recurrent_layer_counts_every_weight_once_per_step(load):
    made = model(
        [helper.make_node("LSTM", ["x", "w", "r"], ["", "h"], name="lstm", hidden_size=5)],
        [value("x", 7, 1, 3)],
        [value("h", 1, 1, 5)],
        [weight("w", 1, 20, 3), weight("r", 1, 20, 5)],
    )
    assert load(made).total_operations == 2 * 7 * (20 * 3 + 20 * 5)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (b"", "must hold a graph"),
        (b"\xff\xff\xff", "is not an ONNX file"),
        (b"PK\x03\x04 weights", "is not an ONNX file"),
        (
            model([helper.make_node("Relu", ["ghost"], ["y"])], [value("x", 1, 4)], [value("y", 1, 4)]),
            "before it is made",
        ),
        (
            model(
                [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Abs", ["x"], ["y"])],
                [value("x", 1, 4)],
                [value("y", 1, 4)],
            ),
            "writes a tensor twice",
        ),
        (
            model([helper.make_node("Identity", ["x"], ["y"])], [value("x", 1, 4)], [value("y", 1, 4)]),
            "at least one operator",
        ),
        (
            model([helper.make_node("Relu", ["w"], ["y"])], [value("x", 1, 4)], [value("y", 4)], [weight("w", 4)]),
            "must depend on the inputs",
        ),
        (
            model(
                [helper.make_node("Conv", ["x", "w"], ["y"], name="c")],
                [value("x", 1, 2, 4, 4)],
                [value("y", 1, 2, 4, 4)],
            ),
            "input|before it is made|malformed",
        ),
        (
            model(
                [helper.make_node("Mystery", ["x"], ["y"], name="own", domain="my")],
                [value("x", 1, 4)],
                [value("y", None)],
            ),
            "shape cannot be inferred",
        ),
        (
            model(
                [helper.make_node("If", ["x"], ["y"], name="branch")],
                [value("x", 1, kind=TensorProto.BOOL)],
                [value("y", 1)],
            ),
            "If is not supported|malformed",
        ),
    ],
)
def test_what_is_no_network_is_refused_in_one_line(load, made, message):
    with pytest.raises(InputError, match=message) as caught:
        load(made)
    assert "\n" not in str(caught.value)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        import_onnx(tmp_path / "none.onnx")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_read_or_refused_in_one_line(load, data):
    good = small().SerializeToString()
    at = data.draw(st.integers(0, len(good) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=4))
    try:
        load(good[:at] + junk + good[at + len(junk) :])
    except InputError as error:
        assert "\n" not in str(error)


# Multiply-adds and parameters. AlexNet is the grouped one of the Caffe model zoo (bvlc_alexnet): 60,965,224 parameters.
# SqueezeNet 1.1, VGG-19 and ResNet-50 have torchvision's figures: the same architectures.
PUBLISHED = {
    "light_bvlc_alexnet": (0.655, 60_965_224),
    "light_resnet50": (4.089, 25_557_032),
    "light_squeezenet": (0.349, 1_235_496),
    "light_vgg19": (19.632, 143_667_240),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_public_onnx_graphs_have_their_published_figures(name):
    path = LIGHT / f"{name}.onnx"
    if not path.exists():
        pytest.skip("public ONNX graphs are absent")
    net = import_onnx(path)
    gmacs, parameters = PUBLISHED[name]
    assert round(net.total_operations / 2e9, 3) == gmacs
    assert net.total_parameter_bytes / 4 == parameters


@pytest.mark.parametrize(("name", "ours"), [("light_resnet50", "resnet50"), ("light_squeezenet", "squeezenet1_1")])
def test_convolutions_of_public_onnx_graphs_are_those_of_the_zoo(name, ours):
    path = LIGHT / f"{name}.onnx"
    if not path.exists():
        pytest.skip("public ONNX graphs are absent")

    def rows(net):
        return sorted(
            (layer.operations, layer.output_shape, layer.kernel, layer.stride, layer.padding)
            for layer in net.layers
            if layer.kind == "conv"
        )

    assert rows(import_onnx(path)) == rows(load_network(ours))


@pytest.mark.parametrize("path", sorted(LIGHT.glob("*.onnx")), ids=lambda path: path.stem)
def test_every_public_onnx_graph_is_read(path):
    net = import_onnx(path)
    assert net.total_operations > 1e8 and len(net.cut_points()) > 5
