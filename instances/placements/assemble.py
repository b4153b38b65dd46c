"""From operators and edges in any order, with several sources and sinks, to a network."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeVar

from instances.errors import InputError
from instances.networks.graph import Layer, NetworkGraph

__all__ = ["network_from", "read_text", "unique_names"]

Key = TypeVar("Key", bound=Hashable)
_INPUT, _OUTPUT = "(input)", "(output)"


def read_text(path: str | Path) -> bytes:
    """Return the content of a file; InputError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(str(path), f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def unique_names(given: Mapping[Key, str]) -> dict[Key, str]:
    """Return the names by key, with ``#key`` behind those that are taken or empty."""
    taken = {_INPUT, _OUTPUT}
    found = {}
    for key, name in given.items():
        found[key] = name if name and name not in taken else f"{name}#{key}"
        taken.add(found[key])
    return found


def network_from(
    name: str, layers: Mapping[Key, Layer], edges: Iterable[tuple[Key, Key]], source: str
) -> tuple[NetworkGraph, Sequence[Key]]:
    """Return the network and the keys of its layers in order, the input and the output left out.

    A virtual input without bytes leads to every layer that reads nothing; a virtual output without work
    reads every layer that nobody else reads, whose tensor is set to 0 bytes.

    Raises
    ------
    InputError
        If an edge names no layer, comes twice, or closes a cycle.
    """
    before: dict[Key, list[Key]] = {key: [] for key in layers}
    if not layers:
        raise InputError(name, "needs at least one node", 0)
    seen = set()
    for a, b in edges:
        for end in (a, b):
            if end not in before:
                raise InputError(f"{name}, edge {a} -> {b}", "must join two nodes of the file", end)
        if (a, b) in seen:
            raise InputError(f"{name}, edge {a} -> {b}", "must come once")
        seen.add((a, b))
        before[b].append(a)
    try:
        order = list(TopologicalSorter(before).static_order())
    except CycleError as error:
        raise InputError(name, "must have no cycle", error.args[1]) from None
    row = {key: i for i, key in enumerate(order, start=1)}
    read = {a for a, _ in seen}
    last = len(order) + 1
    pairs = [(0, row[key]) for key in order if not before[key]]
    pairs += [(row[a], row[b]) for a, b in seen]
    pairs += [(row[key], last) for key in order if key not in read]
    rows = (
        Layer(name=_INPUT, kind="input", output_bytes=0.0),
        *(layers[key] if key in read else replace(layers[key], output_bytes=0.0) for key in order),
        Layer(name=_OUTPUT, kind="output", output_bytes=0.0),
    )
    return NetworkGraph(name=name, layers=rows, edges=tuple(sorted(pairs)), source=source), order
