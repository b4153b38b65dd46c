import pytest

from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.networks.versions import with_exits, with_variants


def test_exits_cost_a_linear_layer_over_the_channels():
    net = load_network("alexnet")
    pool = next(layer for layer in net.layers if layer.kind == "pool")
    made = with_exits(net, {"classifier.1": 0.5, pool.name: 0.3}, leave_shares={pool.name: 0.25}, classes=10)
    early, late = made.exits
    assert (early.name, early.operations, early.parameter_bytes) == (f"exit@{pool.name}", 2 * 64 * 10, 4 * 65 * 10)
    assert (early.accuracy, early.leave_share, late.leave_share) == (0.3, 0.25, 1.0)
    assert late.operations == 2 * 4096 * 10
    assert early.after < late.after
    assert net.exits == () and made.layers == net.layers


def test_variants_follow_the_square_rule_of_width():
    made = with_variants(load_network("mobilenet_v2"), {"half": (0.5, 0.65)})
    (half,) = made.variants
    assert (half.compute_factor, half.parameter_factor, half.output_factor, half.accuracy) == (0.25, 0.25, 0.5, 0.65)


@pytest.mark.parametrize(
    "make",
    [
        lambda net: with_exits(net, {"nowhere": 0.5}),
        lambda net: with_exits(net, {"layer1.0.conv1": 0.5}),  # inside a residual block: no cut point
        lambda net: with_exits(net, {"layer1.0.relu_1": 1.5}),
        lambda net: with_exits(net, {"layer1.0.relu_1": 0.5}, classes=0),
        lambda net: with_exits(net, {"layer1.0.relu_1": 0.5}, leave_shares={"nowhere": 0.5}),
        lambda net: with_variants(net, {"wide": (1.5, 0.5)}),
        lambda net: with_variants(net, {"sure": (0.5, 1.5)}),
        lambda net: with_variants(net, {"full": (0.5, 0.5)}),
        lambda net: with_variants(net, {"none": (float("nan"), 0.5)}),
    ],
)
def test_senseless_versions_are_refused(make):
    with pytest.raises(InputError):
        make(load_network("resnet18"))
