"""Measured cost model: latencies of layers or of whole networks, as published or from a user's table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal

import numpy as np

from instances.columns import FloatArray
from instances.costs.calibrated import Calibrated
from instances.costs.model import cost_model, table_of_seconds
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.nodes.catalogue import kind_names, node_entry
from instances.system import NodeKind

__all__ = ["Measured", "read_measurements"]

COLUMNS = ("network", "layer", "kind", "seconds")
Measurements = dict[tuple[str, str], dict[str, float]]


@cost_model("measured")
@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds as measured; joules = busy watts x seconds.

    Where every layer of a network was measured on a kind, its rows are taken as they are. Where only the whole
    network was, the seconds of the calibrated cost model are scaled so that they sum to the measured latency; exit
    heads take that scale too.

    Parameters
    ----------
    table : str
        CSV file with the header ``network,layer,kind,seconds``; an empty ``layer`` is the whole network, the name of
        an exit its head. None (an empty text): the published latencies of the node catalogue.
    missing : str
        ``error``, or ``calibrated`` to fall back on that cost model where nothing was measured.
    """

    table: str = ""
    missing: Literal["error", "calibrated"] = "error"

    def __post_init__(self) -> None:
        if self.missing not in ("error", "calibrated"):
            raise InputError("cost model measured", "missing must be error or calibrated", self.missing)

    @property
    def name(self) -> str:
        """Name under which it is registered."""
        return "measured"

    def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
        """Return the filled table of `network`, one row a kind.

        Raises
        ------
        InputError
            If the table is malformed, a kind was not measured and ``missing`` is ``error``, or some layers of the
            network were measured on a kind and others not.
        """
        known = read_measurements(self.table) if self.table else _published()
        base = Calibrated().fill(network, kinds)
        layers, heads = base.layer_seconds.copy(), base.head_seconds.copy()
        for row, kind in enumerate(kinds):
            rows = known.get((network.name, kind.name), {})
            if not rows:
                if self.missing == "error":
                    raise InputError(f"network {network.name}", f"was not measured on {kind.name}")
                continue
            layers[row], heads[row] = _row(network, kind, rows, layers[row], heads[row])
        return table_of_seconds(layers, heads, kinds)


def read_measurements(path: str | Path) -> Measurements:
    """Read a CSV file of measured latencies.

    Parameters
    ----------
    path : str or Path
        File with the header ``network,layer,kind,seconds``.

    Returns
    -------
    dict
        (network, kind) to {layer: seconds}, the whole network under ``""``.

    Raises
    ------
    InputError
        If the file cannot be read, or a line is malformed or repeats.
    """
    known: Measurements = {}
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            if tuple(header) != COLUMNS:
                raise InputError(f"{path}, line 1", f"header must be {','.join(COLUMNS)}", ",".join(header))
            for cells in rows:
                where = f"{path}, line {rows.line_num}"
                if len(cells) != len(COLUMNS):
                    raise InputError(where, f"must have {len(COLUMNS)} cells", len(cells))
                network, layer, kind, text = (cell.strip() for cell in cells)
                group = known.setdefault((network, kind), {})
                if layer in group:
                    raise InputError(where, "this layer was given before", layer or network)
                group[layer] = _seconds(text, where)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror or error})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), f"not a CSV file in UTF-8 ({error})") from None
    return known


def _seconds(text: str, where: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not (isfinite(seconds) and seconds >= 0):
        raise InputError(where, "seconds must be a finite number >= 0", text)
    return seconds


def _published() -> Measurements:
    known: Measurements = {}
    for name in kind_names():
        for item in node_entry(name).latencies:
            known[item.network, name] = {"": item.seconds}
    return known


def _row(
    network: NetworkGraph, kind: NodeKind, rows: dict[str, float], layers: FloatArray, heads: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the seconds of layers and heads that follow from `rows` and the calibrated seconds."""
    where = f"network {network.name} on {kind.name}"
    names = [layer.name for layer in network.layers[1:]]
    exits = [ex.name for ex in network.exits]
    strange = set(rows) - {"", *names, *exits, network.layers[0].name}
    if strange:
        raise InputError(where, "was measured with a layer that it does not have", min(strange))
    measured = [name for name in names if name in rows]
    if measured:
        if len(measured) < len(names):
            lone = next(name for name in names if name not in rows)
            raise InputError(where, "every layer must be measured, or none; missing is", lone)
        exact = np.array([0.0, *(rows[name] for name in names)])
        # the calibrated head in the proportion in which the layers are off
        scale = exact.sum() / layers.sum() if layers.sum() else 1.0
    else:
        if "" not in rows:
            raise InputError(where, "neither its layers nor the whole network was measured")
        if not layers.sum():
            raise InputError(where, "a network without operations cannot be scaled to a measured latency")
        scale = rows[""] / layers.sum()
        exact = layers * scale
    return exact, np.array([rows.get(name, scale * head) for name, head in zip(exits, heads, strict=True)])
