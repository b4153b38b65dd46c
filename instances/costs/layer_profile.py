"""Measured layer times in a text file, as IONN's authors publish them, and their AlexNet as cited figures.

A line is ``number name milliseconds``. Jeong, Lee, Shin, Moon: "IONN: Incremental Offloading of Neural Network
Computations from Mobile Devices to Edge Servers", SoCC 2018, doi 10.1145/3267809.3267828; the files are part of their
client (github.com/jinevening/IONN-client, examples/partitioning), under the licence of Caffe (BSD).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from instances.columns import FloatArray
from instances.errors import InputError
from instances.networks.graph import Layer, NetworkGraph

__all__ = ["alexnet_profile", "read_layer_profile"]

_SPLIT = re.compile(r"_\d+_split$")


def read_layer_profile(path: str | Path, network: NetworkGraph) -> FloatArray:
    """Read measured layer times.

    Caffe adds a layer ``BLOB_LAYER_0_split`` where a tensor has several readers; its time counts with the layer
    that wrote the tensor. The first line is the input layer's, whatever its name; that layer takes no time here.

    Parameters
    ----------
    path : str or Path
        Text file with a line ``number name milliseconds`` for each layer.
    network : NetworkGraph
        Whose layers they are.

    Returns
    -------
    array, shape (n_layers,)
        Seconds.

    Raises
    ------
    InputError
        If the file cannot be read, a line is malformed, or a layer is unknown, repeated or missing.
    """
    index = {layer.name: i for i, layer in enumerate(network.layers)}
    seconds = np.zeros(len(network))
    seen = {0}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"not a text in UTF-8 ({error})") from None
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        cells = line.split()
        if len(cells) != 3:
            raise InputError(where, "must be a number, a layer and milliseconds", line.strip())
        spent = _milliseconds(cells[2], where) / 1e3
        if number == 1:
            continue
        layer = index.get(cells[1])
        if layer is None:
            seconds[_split_of(cells[1], index, network.name, where)] += spent
        elif layer in seen:
            raise InputError(where, "this layer was given before", cells[1])
        else:
            seen.add(layer)
            seconds[layer] += spent
    if len(seen) < len(network):
        lone = next(layer.name for i, layer in enumerate(network.layers) if i not in seen)
        raise InputError(str(path), f"every layer of network {network.name} must have its time; missing is", lone)
    return seconds


def _milliseconds(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (math.isfinite(value) and value >= 0):
        raise InputError(where, "milliseconds must be a finite number >= 0", text)
    return value


def _split_of(name: str, index: dict[str, int], network: str, where: str) -> int:
    """Return the layer whose tensor the layer `name` hands on to several."""
    stem = _SPLIT.sub("", name)
    owners = [one for one in index if stem.endswith("_" + one)] if stem != name else []
    if not owners:
        raise InputError(where, f"must be a layer of network {network}", name)
    return index[max(owners, key=len)]


def alexnet_profile() -> tuple[NetworkGraph, FloatArray, FloatArray]:
    """Return Caffe's AlexNet, and its layer times on an Odroid XU4 and on a server with a GTX 1080 Ti.

    Returns
    -------
    network : NetworkGraph
        24 layers, the input and the softmax counted; tensors and weights in single precision.
    client, server : arrays, shape (24,)
        Seconds; the input layer takes none.
    """
    shape: tuple[int, ...] = (3, 227, 227)
    layers = [Layer(name="data", kind="input", output_bytes=4.0 * math.prod(shape), output_shape=shape)]
    client, server = [0.0], [0.0]
    for name, kind, slow, fast, result, weights, biases, window in _ALEXNET:
        shape = result or shape
        kernel, stride, padding = ((one, one) for one in window) if window else (None, None, None)
        layers.append(
            Layer(
                name=name,
                kind=kind,
                operations=2.0 * weights * math.prod(shape[1:]),
                parameter_bytes=4.0 * (weights + biases),
                output_bytes=4.0 * math.prod(shape),
                output_shape=shape,
                kernel=kernel,
                stride=stride,
                padding=padding,
            )
        )
        client.append(slow / 1e3)
        server.append(fast / 1e3)
    network = NetworkGraph(
        name="alexnet-caffe",
        layers=tuple(layers),
        edges=tuple((i - 1, i) for i in range(1, len(layers))),
        source="IONN (SoCC 2018), public profile of its authors",
    )
    return network, np.array(client), np.array(server)


_Row = tuple[str, str, float, float, tuple[int, ...], int, int, tuple[int, int, int] | None]
_ALEXNET: tuple[_Row, ...] = (
    # name, kind, ms on the client, ms on the server, shape (empty: as before), weights, biases, (kernel, stride, pad)
    ("conv1", "conv", 70.6632, 0.0806976, (96, 55, 55), 34_848, 96, (11, 4, 0)),
    ("relu1", "relu", 2.5688, 0.0093056, (), 0, 0, None),
    ("norm1", "lrn", 35.954, 0.0293824, (), 0, 0, None),
    ("pool1", "pool", 4.4796, 0.0170752, (96, 27, 27), 0, 0, (3, 2, 0)),
    ("conv2", "conv", 145.11, 0.183296, (256, 27, 27), 307_200, 256, (5, 1, 2)),
    ("relu2", "relu", 1.6438, 0.0070016, (), 0, 0, None),
    ("norm2", "lrn", 25.0368, 0.0636672, (), 0, 0, None),
    ("pool2", "pool", 2.505, 0.0112384, (256, 13, 13), 0, 0, (3, 2, 0)),
    ("conv3", "conv", 95.4666, 0.107072, (384, 13, 13), 884_736, 384, (3, 1, 1)),
    ("relu3", "relu", 0.5558, 0.0072832, (), 0, 0, None),
    ("conv4", "conv", 73.1168, 0.0861568, (384, 13, 13), 663_552, 384, (3, 1, 1)),
    ("relu4", "relu", 0.5546, 0.0070336, (), 0, 0, None),
    ("conv5", "conv", 50.2838, 0.0687232, (256, 13, 13), 442_368, 256, (3, 1, 1)),
    ("relu5", "relu", 0.3578, 0.0064896, (), 0, 0, None),
    ("pool5", "pool", 0.603, 0.0092864, (256, 6, 6), 0, 0, (3, 2, 0)),
    ("fc6", "linear", 200.224, 0.636442, (4096,), 37_748_736, 4096, None),
    ("relu6", "relu", 0.0394, 0.008576, (), 0, 0, None),
    ("drop6", "dropout", 0.0666, 0.0011264, (), 0, 0, None),
    ("fc7", "linear", 89.9098, 0.212205, (4096,), 16_777_216, 4096, None),
    ("relu7", "relu", 0.0388, 0.0078976, (), 0, 0, None),
    ("drop7", "dropout", 0.0664, 0.0011136, (), 0, 0, None),
    ("fc8", "linear", 22.3762, 0.0665408, (1000,), 4_096_000, 1000, None),
    ("prob", "softmax", 0.0832, 0.0110208, (), 0, 0, None),
)
