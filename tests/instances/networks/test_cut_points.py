import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instances.networks.catalogue import load_network
from instances.networks.graph import Layer, NetworkGraph


def network(n, edges):
    layers = tuple(Layer(name=str(i), kind="add" if i else "input", output_bytes=1.0) for i in range(n))
    return NetworkGraph(name="drawn", layers=layers, edges=tuple(sorted(edges)))


@st.composite
def dags(draw):
    n = draw(st.integers(2, 9))
    edges = {(draw(st.integers(0, i - 1)), i) for i in range(1, n)}
    edges |= draw(
        st.sets(st.tuples(st.integers(0, n - 2), st.integers(1, n - 1)).filter(lambda e: e[0] < e[1]), max_size=6)
    )
    for i in range(n - 1):
        if not any(a == i for a, _ in edges):
            edges.add((i, draw(st.integers(i + 1, n - 1))))
    return network(n, edges)


def reaches_the_end_without(net, removed):
    """Whether a path from the input to the last layer avoids layer `removed`."""
    seen, queue = set(), [0]
    while queue:
        at = queue.pop()
        if at not in seen and at != removed:
            seen.add(at)
            queue += [b for a, b in net.edges if a == at]
    return len(net) - 1 in seen


def by_path_removal(net):
    return [i for i in range(len(net)) if not reaches_the_end_without(net, i)]


@given(dags())
def test_cut_points_are_the_layers_that_every_path_passes(net):
    assert net.cut_points().tolist() == by_path_removal(net)


@given(dags())
def test_after_a_cut_point_only_its_own_tensor_crosses(net):
    for cut in net.cut_points().tolist():
        assert {a for a, b in net.edges if a <= cut < b} <= {cut}


def test_cut_points_of_real_networks_are_the_layers_that_every_path_passes():
    for name in ("resnet18", "squeezenet1_1", "yolov2"):
        net = load_network(name)
        np.testing.assert_array_equal(net.cut_points(), by_path_removal(net))


def test_diamond_has_its_ends_and_chain_all_its_layers():
    assert network(4, {(0, 1), (0, 2), (1, 3), (2, 3)}).cut_points().tolist() == [0, 3]
    assert network(3, {(0, 1), (1, 2)}).cut_points().tolist() == [0, 1, 2]
