"""Every network of the zoo is sound, and the catalogue finds it."""

import math

import numpy as np
import pytest

from instances.errors import InputError
from instances.networks.catalogue import list_networks, load_network, network_names
from instances.networks.files import decode_network, encode_network

NAMES = network_names()


@pytest.mark.parametrize("name", NAMES)
def test_file_name_is_the_networks_name_and_its_source_is_stated(name):
    net = load_network(name)
    assert net.name == name
    assert net.source
    assert not net.exits and not net.variants


@pytest.mark.parametrize("name", NAMES)
def test_tensor_bytes_are_those_of_their_shapes(name):
    for i, layer in enumerate(load_network(name).layers):
        item = 8 if i == 0 and name in ("bert_base", "gpt2") else 4
        assert layer.output_bytes == item * math.prod(layer.output_shape), layer.name


@pytest.mark.parametrize("name", NAMES)
def test_windows_explain_the_sizes_of_spatial_layers(name):
    net = load_network(name)
    producers = {b: a for a, b in net.edges}
    checked = 0
    for i, layer in enumerate(net.layers):
        if layer.kernel is None:
            continue
        producer = net.layers[producers[i]]
        # A Transformer keeps its channels last; the permutation before its pooling is a view and so no layer.
        before = producer.output_shape[:2] if producer.kind == "layer_norm" else producer.output_shape[-2:]
        after = layer.output_shape[-2:]
        for size, got, k, s, p in zip(before, after, layer.kernel, layer.stride, layer.padding, strict=True):
            exact = (size + 2 * p - k) / s + 1
            assert got in (math.floor(exact), math.ceil(exact)), layer.name
        checked += 1
    assert checked > 0 or name in ("bert_base", "gpt2")


@pytest.mark.parametrize("name", NAMES)
def test_work_of_convolutions_follows_from_weights_and_output_size(name):
    for layer in load_network(name).layers:
        if layer.kind != "conv":
            continue
        channels, height, width = layer.output_shape
        weights = layer.parameter_bytes / 4
        plain = layer.operations / 2 / (height * width)
        assert plain in (weights, weights - channels), layer.name  # without or with a bias


@pytest.mark.parametrize("name", NAMES)
def test_only_layers_that_multiply_count_as_work(name):
    for layer in load_network(name).layers:
        assert (layer.operations > 0) == (layer.kind in ("conv", "linear", "matmul", "attention")), layer.name


@pytest.mark.parametrize("name", NAMES)
def test_writing_and_reading_the_zoo_changes_no_byte(name):
    data = encode_network(load_network(name))
    assert encode_network(decode_network(data, "again")) == data


def test_alexnet_is_a_chain_with_the_known_cut_sizes():
    net = load_network("alexnet")
    np.testing.assert_array_equal(net.cut_points(), np.arange(len(net)))
    assert net.edges == tuple((i, i + 1) for i in range(len(net) - 1))
    sizes = [int(layer.output_bytes / 4) for layer in net.layers]
    # image; conv, relu, pool (64 x 55^2, 64 x 27^2); (192 x 27^2, 192 x 13^2); (384, 256, 256 x 13^2, 256 x 6^2); heads
    assert sizes == [
        *(150528, 193600, 193600, 46656, 139968, 139968, 32448, 64896, 64896, 43264, 43264, 43264, 43264, 9216),
        *(9216, 9216, 4096, 4096, 4096, 4096, 1000),
    ]


def test_branching_networks_keep_their_branches():
    for name, several in (("resnet18", "add"), ("googlenet", "concat"), ("densenet121", "concat"), ("swin_t", "add")):
        net = load_network(name)
        fan_in = np.bincount(net.edge_array[:, 1], minlength=len(net))
        joins = [i for i, layer in enumerate(net.layers) if layer.kind == several]
        assert max(fan_in[joins]) >= 2
        assert len(net.cut_points()) < len(net)


def test_unknown_network_names_the_closest_ones():
    with pytest.raises(InputError, match="did you mean resnet18"):
        load_network("resnet-18")
    with pytest.raises(InputError, match="the zoo has alexnet"):
        load_network("../secret")


def test_summaries_come_in_the_order_of_the_names():
    rows = list_networks()
    assert tuple(row.name for row in rows) == NAMES
    vgg = next(row for row in rows if row.name == "vgg16")
    assert (vgg.layers, vgg.cut_points, vgg.multiply_adds, vgg.parameters, vgg.input_bytes, vgg.accuracy) == (
        *(38, 39, 15_470_264_320, 138_357_544, 602_112),
        pytest.approx(0.71592),
    )


def test_loading_twice_gives_one_object():
    assert load_network("alexnet") is load_network("alexnet")
