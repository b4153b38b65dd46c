"""The four networks of the study: graphs, tensors, and seconds of every layer on the machine that they were timed on."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from instances.columns import FloatArray
from instances.errors import InputError
from instances.networks.graph import Layer, NetworkGraph

__all__ = ["NETWORK_NAMES", "smart_iot_network"]

NETWORK_NAMES = ("alexnet", "vgg19", "googlenet", "resnet101")
_KINDS = (("conv", "conv"), ("branch", "conv"), ("res", "conv"), ("fc", "linear"), ("norm", "norm"))


def smart_iot_network(name: str, input_bytes: float = 0.6e6) -> tuple[NetworkGraph, FloatArray]:
    """Return a network of the study and the seconds of its layers at speed 1, the input's 0 first.

    Parameters
    ----------
    name : {"alexnet", "vgg19", "googlenet", "resnet101"}
        Which.
    input_bytes : float
        Of the picture that goes in: the source has no such layer. 224 x 224 x 3 values of 4 bytes by default.

    Raises
    ------
    InputError
        If there is no such network.

    Examples
    --------
    >>> network, seconds = smart_iot_network("alexnet")
    >>> len(network), round(float(seconds.sum()), 3)
    (12, 2.154)
    """
    if name not in NETWORK_NAMES:
        raise InputError("network", f"must be one of {', '.join(NETWORK_NAMES)}", name)
    table = _tables()[name]
    layers = [Layer(name="input", kind="input", output_bytes=input_bytes)]
    for layer, size in zip(table["layers"], table["sizes"], strict=True):
        layers.append(Layer(name=layer, kind=_kind(layer), output_bytes=size * table["unit_bytes"]))
    n = len(layers)
    readers = table.get("readers") or [[k + 1] for k in range(1, n - 1)] + [[]]
    edges = [(0, 1), *((k, reader) for k, of_one in enumerate(readers, 1) for reader in of_one)]
    network = NetworkGraph(
        name=f"{name}-smart-iot",
        layers=tuple(layers),
        edges=tuple(edges),
        source="Chen et al., TPDS 33(3):683-697, 2022, github.com/SPSO-GA/dataset",
    )
    return network, np.array([0.0, *table["seconds"]])


@cache
def _tables() -> dict[str, Any]:
    text = files("instances.smart_iot").joinpath("networks.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _kind(layer: str) -> str:
    """Return the kind of a layer by its name."""
    if "pool" in layer.split("/")[0] and "conv" not in layer:
        return "pool"
    if layer.endswith("DepthConcat"):
        return "concat"
    return next(kind for word, kind in _KINDS if word in layer)
