"""The zoo by name: every network file in the folder ``zoo`` is in it, none is registered by hand."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from instances.errors import InputError
from instances.networks.files import decode_network
from instances.networks.graph import NetworkGraph

__all__ = ["NetworkSummary", "list_networks", "load_network", "network_names", "summary_of"]

_SUFFIX = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSummary:
    """What a list of networks shows of one.

    Parameters
    ----------
    name : str
        Name of the network.
    layers : int
        Number of layers, the virtual input layer not counted.
    cut_points : int
        Layers after which one tensor alone crosses a cut, input and last layer counted.
    multiply_adds : float
        Half the operations of one inference.
    parameters : float
        Number of parameters, four bytes each.
    input_bytes : float
        Bytes of the input tensor.
    accuracy : float or None
        Published accuracy as a fraction.
    source : str
        Where the figures come from.
    """

    name: str
    layers: int
    cut_points: int
    multiply_adds: float
    parameters: float
    input_bytes: float
    accuracy: float | None
    source: str


@cache
def network_names() -> tuple[str, ...]:
    """Return the names of the zoo's networks, sorted."""
    folder = files("instances.networks") / "zoo"
    return tuple(sorted(item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX)))


@cache
def load_network(name: str) -> NetworkGraph:
    """Return a network of the zoo.

    Parameters
    ----------
    name : str
        One of `network_names`.

    Returns
    -------
    NetworkGraph
        The network; the same object for the same name.

    Raises
    ------
    InputError
        If the zoo has no such network; the message names the closest ones.

    Examples
    --------
    >>> load_network("alexnet").total_parameter_bytes / 4
    61100840.0
    """
    known = network_names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"the zoo has {', '.join(known)}"
        raise InputError(f"network {name}", f"is not in the zoo; {hint}")
    data = (files("instances.networks") / "zoo" / f"{name}{_SUFFIX}").read_bytes()
    return decode_network(data, f"zoo/{name}{_SUFFIX}")


def summary_of(net: NetworkGraph) -> NetworkSummary:
    """Return what a list of networks shows of `net`."""
    return NetworkSummary(
        name=net.name,
        layers=len(net) - 1,
        cut_points=len(net.cut_points()),
        multiply_adds=net.total_operations / 2,
        parameters=net.total_parameter_bytes / 4,
        input_bytes=net.layers[0].output_bytes,
        accuracy=net.accuracy,
        source=net.source,
    )


def list_networks() -> tuple[NetworkSummary, ...]:
    """Return a summary of every network of the zoo, sorted by name."""
    return tuple(summary_of(load_network(name)) for name in network_names())
