"""The zoo: networks kept as data, by name."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from instances.errors import InputError
from instances.networks.files import read_network
from instances.networks.graph import NetworkGraph

__all__ = ["load_network", "network_names"]


@cache
def network_names() -> tuple[str, ...]:
    """Return the names of all networks of the zoo, sorted."""
    folder = files("instances.networks") / "zoo"
    names = [item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json")]
    return tuple(sorted(names))


@cache
def load_network(name: str) -> NetworkGraph:
    """Return network `name` of the zoo.

    Raises
    ------
    InputError
        If the zoo has no such network.
    """
    if name not in network_names():
        raise InputError("network", f"must be one of {', '.join(network_names())}", name)
    with as_file(files("instances.networks") / "zoo" / f"{name}.json") as path:
        return read_network(path)
