from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.generators.registry import generate, make_params
from solvers.metaheuristics.blocks import blocks_of, kept_cuts
from tests.solvers.tiny_problems import tiny_problem

# output sizes (MB) and names of the layers in the tables released with SPSO-GA; the last layer has no inner cut behind it
ALEXNET = {
    "conv1": 1.1, "pool1": 0.25, "conv2": 0.7, "pool2": 0.2, "conv3": 0.3, "conv4": 0.3, "conv5": 0.2,
    "pool5": 0.05, "fc6": 0.02, "fc7": 0.01, "fc8": 0.01,
}  # fmt: skip
VGG19 = {
    "conv1_1": 12.8, "conv1_2": 12.8, "pool1": 6.4, "conv2_1": 6.4, "conv2_2": 6.4, "pool2": 3.2, "conv3_1": 3.2,
    "conv3_2": 3.2, "conv3_3": 3.2, "conv3_4": 3.2, "pool3": 1.6, "conv4_1": 1.6, "conv4_2": 1.6, "conv4_3": 1.6,
    "conv4_4": 1.6, "pool4": 0.8, "conv5_1": 0.8, "conv5_2": 0.8, "conv5_3": 0.8, "conv5_4": 0.8, "pool5": 0.4,
    "fc6": 0.4, "fc7": 0.2, "fc8": 0.1,
}  # fmt: skip


def kept_layers(outputs: dict[str, float]) -> list[str]:
    names = list(outputs)[:-1]
    return [names[i] for i in kept_cuts([outputs[name] for name in names])]


def test_merging_cuts_alexnet_into_seven_blocks() -> None:
    assert kept_layers(ALEXNET) == ["conv1", "pool1", "pool2", "pool5", "fc6", "fc7"]


def test_merging_cuts_vgg19_into_eight_blocks() -> None:
    assert kept_layers(VGG19) == ["conv1_1", "pool1", "pool2", "pool3", "pool4", "pool5", "fc7"]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e9), max_size=30))
def test_kept_cuts_fall_strictly_and_every_other_cut_is_no_smaller_than_one_kept_before(sizes: list[float]) -> None:
    kept = kept_cuts(sizes).tolist()
    assert all(sizes[b] < sizes[a] for a, b in pairwise(kept))
    for cut in set(range(len(sizes))) - set(kept):
        assert any(before < cut and sizes[before] <= sizes[cut] for before in kept)


def test_unmerged_blocks_are_all_segments_between_single_tensor_cuts() -> None:
    instance = generate("line", make_params("line", {"tasks": "20"}), 1)
    blocks = blocks_of(instance, merged=False)
    assert blocks.n_blocks.tolist() == [len(net.cut_points()) - 1 for net in instance.networks]


def test_blocks_begin_after_the_input_and_end_with_the_network() -> None:
    for seed in range(30):
        instance = tiny_problem(seed).instance
        for merged in (True, False):
            blocks = blocks_of(instance, merged=merged)
            for n, net in enumerate(instance.networks):
                cuts = blocks.layer[blocks.offsets[n] : blocks.offsets[n + 1]]
                assert cuts[0] == 0
                assert cuts[-1] == len(net) - 1
                assert (np.diff(cuts) > 0).all()
                assert np.isin(cuts, net.cut_points()).all()
