"""AlexNet and VGG19 as the authors of SPSO-GA give them: seconds of every layer on a Pentium G3250, and megabytes it puts out.

Chen, Zhang, Lin, Chen, Wolter, Min: "Energy-efficient Offloading for DNN-based Smart IoT Systems in Cloud-edge
Environments", TPDS 33(3), 2022, doi 10.1109/TPDS.2021.3100298; figures of their released data. The size of the input is
not among them.
"""

from __future__ import annotations

import numpy as np

from instances.columns import FloatArray
from instances.networks.graph import Layer, NetworkGraph

__all__ = ["CHEN_NETWORKS", "chen_network"]

CHEN_NETWORKS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "alexnet": (
        ("conv1", 0.155, 1.1),
        ("pool1", 0.031, 0.25),
        ("conv2", 0.2, 0.7),
        ("pool2", 0.034, 0.2),
        ("conv3", 0.217, 0.3),
        ("conv4", 0.201, 0.3),
        ("conv5", 0.16, 0.2),
        ("pool5", 0.02, 0.05),
        ("fc6", 0.762, 0.02),
        ("fc7", 0.232, 0.01),
        ("fc8", 0.142, 0.01),
    ),
    "vgg19": (
        ("conv1_1", 0.022, 12.8),
        ("conv1_2", 0.054, 12.8),
        ("pool1", 0.001, 6.4),
        ("conv2_1", 0.026, 6.4),
        ("conv2_2", 0.038, 6.4),
        ("pool2", 0.001, 3.2),
        ("conv3_1", 0.025, 3.2),
        ("conv3_2", 0.041, 3.2),
        ("conv3_3", 0.041, 3.2),
        ("conv3_4", 0.041, 3.2),
        ("pool3", 0.001, 1.6),
        ("conv4_1", 0.037, 1.6),
        ("conv4_2", 0.049, 1.6),
        ("conv4_3", 0.049, 1.6),
        ("conv4_4", 0.049, 1.6),
        ("pool4", 0.002, 0.8),
        ("conv5_1", 0.026, 0.8),
        ("conv5_2", 0.026, 0.8),
        ("conv5_3", 0.026, 0.8),
        ("conv5_4", 0.026, 0.8),
        ("pool5", 0.001, 0.4),
        ("fc6", 0.248, 0.4),
        ("fc7", 0.023, 0.2),
        ("fc8", 0.007, 0.1),
    ),
}
"""Name, seconds and megabytes of every layer."""


def chen_network(name: str, *, input_bytes: float = 0.6e6) -> tuple[NetworkGraph, FloatArray]:
    """Return the network and the seconds of its layers, 0 of the input, whose size is ours."""
    rows = CHEN_NETWORKS[name]
    layers = [Layer(name="input", kind="input", output_bytes=input_bytes)]
    layers += [
        Layer(name=layer, kind=layer.rstrip("0123456789_"), operations=seconds, output_bytes=size * 1e6)
        for layer, seconds, size in rows
    ]
    edges = tuple((v - 1, v) for v in range(1, len(layers)))
    network = NetworkGraph(name=name, layers=tuple(layers), edges=edges, source="Chen et al., TPDS 33(3), 2022")
    return network, np.array([0.0, *(seconds for _, seconds, _ in rows)])
