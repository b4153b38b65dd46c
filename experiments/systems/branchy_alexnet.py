"""The branchy AlexNet of Edgent: 22 layers on CIFAR-10 with five exits, and its times on a Raspberry Pi 3 and a server.

Figures from Li, Zhou, Chen, MECOMM 2018, arXiv 1806.07840: the layers and exits (12, 16, 19, 20 and 22 layers), the tensors and
the device's seconds as their Figure 3 shows them, some 10 ms for the whole network on the server. What the figures do
not show is our reconstruction: where each exit leaves the trunk, the seconds of its head, the seconds of
small layers, the accuracies between 74.7 and 78.2 %, and that the server's seconds are in proportion to
the device's. The input has 14.4 KB because 0.123 s at 1 Mbit/s and 2.317 s at 50 kbit/s are then those of the edge alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.systems.profiles import MBIT
from formulations.cut.problem import CutOptions, CutProblem
from instances.columns import FloatArray
from instances.networks.graph import Exit, Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference

__all__ = ["ACCURACIES", "LOADING_S", "BranchyAlexNet", "branchy_alexnet"]

LOADING_S = 0.842
"""Intercept of their regression for loading the model, which their partition formula does not count."""
ACCURACIES = (0.747, 0.757, 0.767, 0.775, 0.782)
_SERVER_S = 0.0075
_INPUT_BYTES = 14_400.0
# name, kind, kilobytes put out, milliseconds on the device
_LAYERS = (
    ("conv1", "conv", 256, 55.0),
    ("relu1", "relu", 256, 2.0),
    ("pool1", "pool", 64, 3.0),
    ("lrn1", "local_response_norm", 64, 4.0),
    ("conv2", "conv", 128, 1330.0),
    ("relu2", "relu", 128, 2.0),
    ("pool2", "pool", 32, 3.0),
    ("lrn2", "local_response_norm", 32, 4.0),
    ("conv3", "conv", 48, 40.0),
    ("relu3", "relu", 48, 1.0),
    ("conv4", "conv", 48, 60.0),
    ("relu4", "relu", 48, 1.0),
    ("conv5", "conv", 32, 40.0),
    ("relu5", "relu", 32, 1.0),
    ("pool3", "pool", 8, 1.0),
    ("fc1", "linear", 2, 2.0),
    ("relu6", "relu", 2, 0.1),
    ("drop1", "dropout", 2, 0.1),
    ("fc2", "linear", 1, 1.0),
    ("relu7", "relu", 1, 0.1),
    ("drop2", "dropout", 1, 0.1),
    ("fc3", "linear", 10 * 4 / 1024, 0.5),
)
# the layer after which an exit leaves, and milliseconds of its head on the device
_EXITS = (("exit 1", "lrn1", 30.0), ("exit 2", "lrn2", 30.0), ("exit 3", "relu3", 25.0), ("exit 4", "relu4", 20.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BranchyAlexNet:
    """The network and its seconds on both machines, layers and heads."""

    network: NetworkGraph
    near_s: FloatArray
    near_heads_s: FloatArray
    far_s: FloatArray
    far_heads_s: FloatArray

    def problem(self, mbit: float, *, load: float = 1.0, **options: object) -> CutProblem:
        """Return the problem at a bandwidth in Mbit/s; `load`: factor on the server's seconds."""
        machines = [
            Machine(name="raspberry", seconds=self.near_s, head_seconds=self.near_heads_s),
            Machine(name="server", seconds=load * self.far_s, head_seconds=load * self.far_heads_s),
        ]
        wire = Wire(source="raspberry", target="server", bytes_per_s=mbit * MBIT)
        given = {"versions": "any", "latency_weight": 0.0, "error_weight": 1.0} | options
        return CutProblem(
            instance=one_inference(self.network, machines, [wire]),
            options=CutOptions(**given),  # type: ignore[arg-type]
        )


def branchy_alexnet() -> BranchyAlexNet:
    """Return the network with its seconds."""
    names = [name for name, *_ in _LAYERS]
    layers = (
        Layer(name="input", kind="input", output_bytes=_INPUT_BYTES),
        *(Layer(name=name, kind=kind, output_bytes=1024.0 * size) for name, kind, size, _ in _LAYERS),
    )
    network = NetworkGraph(
        name="branchy-alexnet",
        layers=layers,
        edges=tuple((i, i + 1) for i in range(len(_LAYERS))),
        accuracy=ACCURACIES[-1],
        exits=tuple(
            Exit(name=name, after=names.index(after) + 1, accuracy=ACCURACIES[i])
            for i, (name, after, _) in enumerate(_EXITS)
        ),
        source="Li, Zhou, Chen, MECOMM 2018, arXiv 1806.07840, Figure 3; heads and accuracies are our reconstruction",
    )
    near = np.array([0.0, *(one[3] for one in _LAYERS)]) / 1e3
    heads = np.array([ms for *_, ms in _EXITS]) / 1e3
    factor = _SERVER_S / near.sum()
    return BranchyAlexNet(
        network=network, near_s=near, near_heads_s=heads, far_s=factor * near, far_heads_s=factor * heads
    )
