"""The text profiles of PipeDream (Narayanan et al., SOSP 2019): layers with measured times, activations and weights.

A line ``node7 -- Conv2d(...) -- forward_compute_time=1.0, backward_compute_time=2.0, activation_size=3.0,
parameter_size=4.0`` is a layer (milliseconds, bytes of one mini-batch), a line ``node6 -- node7`` an edge.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from instances.errors import InputError
from instances.instance import Instance
from instances.networks.graph import Layer
from instances.one_inference import Machine, Wire, one_inference
from instances.placements.assemble import network_from, read_text, unique_names
from instances.system import Tier

__all__ = ["read_pipedream"]

_LAYER = re.compile(
    r"(?P<key>\S+) -- (?P<name>.*) -- forward_compute_time=(?P<forward>[^,]+), "
    r"backward_compute_time=(?P<backward>[^,]+), activation_size=(?P<activation>[^,]+), parameter_size=(?P<weights>\S+)"
)
_EDGE = re.compile(r"\s+(?P<a>\S+) -- (?P<b>\S+)\s*")
_MOST_MACHINES = 10_000


def read_pipedream(path: str | Path, *, machines: int, bytes_per_s: float) -> Instance:
    """Return the instance of a PipeDream profile on equal machines.

    A layer takes its forward and its backward time, and its tensor has twice the bytes of its activations (the
    activations go forward, their gradients back). Inputs, whose time is that of loading data, count for nothing, as in
    PipeDream's own optimiser. The machines ``machine0``, ... are sites; the device ``host`` has
    the same times, and is to be left out with the problem option ``hosts=none``.

    Parameters
    ----------
    path : str or Path
        The profile (``graph.txt``).
    machines : int
        How many, at least 1.
    bytes_per_s : float
        Of every machine's wire.

    Raises
    ------
    InputError
        If a line is neither a layer nor an edge, or a number is negative or not finite.
    """
    where = str(path)
    if not 1 <= machines <= _MOST_MACHINES:
        raise InputError("machines", f"must be in 1..{_MOST_MACHINES}", machines)
    if not 0 < bytes_per_s < math.inf:
        raise InputError("bytes_per_s", "must be finite and > 0", bytes_per_s)
    try:
        lines = read_text(path).decode().splitlines()
    except UnicodeDecodeError as error:
        raise InputError(where, f"not a PipeDream profile: {error}") from None
    rows: dict[str, re.Match[str]] = {}
    edges = []
    for number, line in enumerate(lines, start=1):
        at = f"{where}, line {number}"
        if row := _LAYER.fullmatch(line.rstrip()):
            if row["key"] in rows:
                raise InputError(at, "a layer must come once", row["key"])
            rows[row["key"]] = row
        elif edge := _EDGE.fullmatch(line):
            edges.append((edge["a"], edge["b"]))
        elif line.strip():
            raise InputError(at, "must be a layer or an edge of a PipeDream profile", line)
    names = unique_names({key: f"{key} {row['name']}" for key, row in rows.items()})
    reads = {b for _, b in edges}
    free = {key for key, row in rows.items() if key not in reads and row["name"].startswith("Input")}
    layers = {
        key: Layer(
            name=names[key],
            kind="operator",
            parameter_bytes=0.0 if key in free else _amount(where, row, "weights"),
            output_bytes=0.0 if key in free else 2.0 * _amount(where, row, "activation"),
        )
        for key, row in rows.items()
    }
    network, order = network_from(Path(path).name.split(".")[0], layers, edges, f"{Path(path).name}, PipeDream profile")
    both = {key: _amount(where, row, "forward") + _amount(where, row, "backward") for key, row in rows.items()}
    times = [0.0 if key in free else both[key] for key in order]
    seconds = np.array([0.0, *times, 0.0]) / 1e3
    sites = [Machine(name=f"machine{i}", seconds=seconds, tier=Tier.EDGE) for i in range(machines)]
    wires = [Wire(source="host", target=site.name, bytes_per_s=bytes_per_s) for site in sites]
    return one_inference(network, [Machine(name="host", seconds=seconds), *sites], wires, name=network.name)


def _amount(where: str, row: re.Match[str], field: str) -> float:
    """Return a number of a layer's line; a list ``[1.0; 2.0]`` counts as its sum."""
    try:
        value = sum(float(part) for part in row[field].strip("[]").split(";"))
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InputError(f"{where}, {row['key']}", f"{field} must be finite and >= 0", row[field])
    return value
