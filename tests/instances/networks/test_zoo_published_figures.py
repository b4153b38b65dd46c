"""The zoo's totals against published figures."""

import itertools
import json
from pathlib import Path

import pytest

from instances.networks.catalogue import load_network, network_names

SHARED = Path(__file__).parents[4] / "shared" / "data"

# name: (published multiply-adds in G at printed precision, digits printed, published parameters).
# Image networks: torchvision, "Table of all available classification weights" (GFLOPS there are multiply-adds).
TORCHVISION = {
    "alexnet": (0.71, 2, 61_100_840),
    "densenet121": (2.83, 2, 7_978_856),
    "efficientnet_b0": (0.39, 2, 5_288_548),
    "googlenet": (1.50, 2, 6_624_904),
    "inception_v3": (5.71, 2, None),  # published with the auxiliary head: see below
    "mobilenet_v2": (0.30, 2, 3_504_872),
    "mobilenet_v3_large": (0.22, 2, 5_483_032),
    "resnet101": (7.80, 2, 44_549_160),
    "resnet18": (1.81, 2, 11_689_512),
    "resnet34": (3.66, 2, 21_797_672),
    "resnet50": (4.09, 2, 25_557_032),
    "squeezenet1_1": (0.35, 2, 1_235_496),
    "swin_t": (4.49, 2, 28_288_354),
    "vgg16": (15.47, 2, 138_357_544),
    "vgg19": (19.63, 2, 143_667_240),
    "vit_b_16": (17.56, 2, 86_567_656),
}
# torchvision, IMAGENET1K_V1: top-1 in per cent.
TOP1 = {
    "alexnet": 56.522,
    "densenet121": 74.434,
    "efficientnet_b0": 77.692,
    "googlenet": 69.778,
    "inception_v3": 77.294,
    "mobilenet_v2": 71.878,
    "mobilenet_v3_large": 74.042,
    "resnet101": 77.374,
    "resnet18": 69.758,
    "resnet34": 73.314,
    "resnet50": 76.130,
    "squeezenet1_1": 58.178,
    "swin_t": 81.474,
    "vgg16": 71.592,
    "vgg19": 72.376,
    "vit_b_16": 81.072,
}


@pytest.mark.parametrize("name", sorted(TORCHVISION))
def test_image_networks_have_the_published_multiply_adds_and_parameters(name):
    net = load_network(name)
    gmacs, digits, parameters = TORCHVISION[name]
    assert round(net.total_operations / 2e9, digits) == gmacs
    if parameters is not None:
        assert net.total_parameter_bytes == 4 * parameters
    assert net.accuracy == pytest.approx(TOP1[name] / 100, abs=1e-9)


def test_inception_lacks_exactly_the_auxiliary_head_that_its_published_parameters_count():
    # The head: 1 x 1 convolution 768 -> 128, 5 x 5 convolution 128 -> 768 (each with its normalisation), linear layer.
    head = 768 * 128 + 2 * 128 + 128 * 768 * 25 + 2 * 768 + 768 * 1000 + 1000
    assert load_network("inception_v3").total_parameter_bytes / 4 == 27_161_264 - head


def test_bert_has_its_published_parameters_and_the_closed_form_of_its_work():
    net = load_network("bert_base")
    tokens, width, layers = 128, 768, 12
    assert (
        net.total_parameter_bytes / 4 == 109_482_240
    )  # transformers' BertModel, bert-base-uncased; the paper says 110 M
    linear = tokens * layers * (4 * width**2 + 2 * width * 4 * width)
    attention = layers * 2 * tokens**2 * width
    assert net.total_operations / 2 == linear + attention + width**2  # the pooler sees one token
    assert net.total_operations / 1e9 == pytest.approx(22.5, rel=0.01)  # Sun et al., MobileBERT (ACL 2020), table 1


def test_gpt2_has_its_published_parameters_and_the_closed_form_of_its_work():
    net = load_network("gpt2")
    tokens, width, layers, words = 128, 768, 12, 50257
    assert net.total_parameter_bytes / 4 == 124_439_808  # transformers' GPT2LMHeadModel, gpt2: head and embedding tied
    linear = tokens * layers * 12 * width**2
    attention = layers * 2 * tokens**2 * width
    assert net.total_operations / 2 == linear + attention + tokens * width * words


def test_yolo_networks_have_darknets_published_operations_and_layer_by_layer_parameters():
    # pjreddie.com/darknet/yolov2: YOLOv2 608x608 62.94 Bn operations, Tiny YOLO (VOC) 6.97 Bn. Darknet, like the zoo,
    # counts a multiply-add as two.
    assert round(load_network("yolov2").total_operations / 1e9, 2) == 62.94
    assert round(load_network("tiny_yolov2").total_operations / 1e9, 2) == 6.97
    tiny = [3, 16, 32, 64, 128, 256, 512, 1024, 1024]
    convolutions = sum(9 * a * b + 2 * b for a, b in itertools.pairwise(tiny))
    assert load_network("tiny_yolov2").total_parameter_bytes / 4 == convolutions + 1024 * 125 + 125


def test_network_in_network_has_the_parameters_of_its_definition():
    rows = [(3, 96, 11), (96, 96, 1), (96, 96, 1), (96, 256, 5), (256, 256, 1), (256, 256, 1)]
    rows += [(256, 384, 3), (384, 384, 1), (384, 384, 1), (384, 1024, 3), (1024, 1024, 1), (1024, 1000, 1)]
    net = load_network("nin")
    assert net.total_parameter_bytes / 4 == sum(a * b * k * k + b for a, b, k in rows)
    sizes = [54] * 3 + [27] * 3 + [13] * 3 + [6] * 3  # Caffe rounds pooled sizes up
    assert net.total_operations / 2 == sum(a * b * k * k * s * s for (a, b, k), s in zip(rows, sizes, strict=True))


def test_every_network_of_the_zoo_is_checked_against_something_published():
    own = {"bert_base", "gpt2", "nin", "tiny_yolov2", "yolov2"}
    assert set(network_names()) == set(TORCHVISION) | own


def test_totals_equal_torchvisions_own_metadata_where_it_is_at_hand():
    path = SHARED / "reference" / "torchvision-published.json"
    if not path.exists():
        pytest.skip("reference figures are absent")
    values = json.loads(path.read_text())["values"]
    for key, row in values.items():
        net = load_network(key.partition("/")[0])
        assert round(net.total_operations / 2e9, 3) == row["gmacs"]
        if net.name != "inception_v3":
            assert net.total_parameter_bytes / 4 == row["params"]


@pytest.mark.parametrize("name", sorted(TORCHVISION))
def test_convolutions_agree_one_by_one_with_an_independent_trace(name):
    path = SHARED / "dnn-graphs" / f"{name}.json"
    if not path.exists():
        pytest.skip("reference graphs are absent")
    nodes = json.loads(path.read_text())["nodes"]
    net = load_network(name)

    def sorted_rows(rows):
        return sorted(rows)

    theirs = sorted_rows((n["macs"], n["params"], n["out_elems"]) for n in nodes if n["op"] == "Conv2d")
    ours = sorted_rows(
        (layer.operations / 2, layer.parameter_bytes / 4, layer.output_bytes / 4)
        for layer in net.layers
        if layer.kind == "conv"
    )
    assert ours == theirs
    assert net.total_operations / 2 == sum(n["macs"] for n in nodes)
    assert net.total_parameter_bytes / 4 == sum(n["params"] for n in nodes)
