"""The JSON workloads of dnn-partitioning: operators with times on an accelerator and on a CPU.

The format is that of Tarnawski et al., "Efficient Algorithms for Device Placement of DNN Graph Operators"
(NeurIPS 2020), as its authors' repository dnn-partitioning states it. Times are milliseconds, sizes bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import numpy as np

from instances.errors import InputError
from instances.instance import Instance
from instances.networks.graph import Layer
from instances.one_inference import Machine, Wire, one_inference
from instances.placements.assemble import network_from, read_text, unique_names
from instances.system import Tier

__all__ = ["read_dnn_partitioning"]

Amount: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
Flag: TypeAlias = bool | Annotated[int, msgspec.Meta(ge=0, le=1)]
_MOST_MACHINES = 10_000
_RATE = 2.0**30
"""Bytes per second where the file does not say how many bytes its costs are for."""
_COST_MS = 1e-6
"""Milliseconds by which the costs of one node's edges may differ, as the authors' programs allow."""


class _Node(msgspec.Struct, frozen=True):
    id: int
    supportedOnFpga: Flag
    cpuLatency: Amount
    fpgaLatency: Amount
    isBackwardNode: Flag = False
    colorClass: int | None = None
    size: Amount = 0.0
    name: str = ""


class _Edge(msgspec.Struct, frozen=True):
    sourceId: int
    destId: int
    cost: Amount
    size: Amount = 0.0


class _File(msgspec.Struct, frozen=True):
    maxSizePerFPGA: Amount
    maxFPGAs: Annotated[int, msgspec.Meta(ge=0, le=_MOST_MACHINES)]
    maxCPUs: Annotated[int, msgspec.Meta(ge=1, le=_MOST_MACHINES)]
    nodes: list[_Node]
    edges: list[_Edge]


def read_dnn_partitioning(path: str | Path) -> Instance:
    """Return the instance that a dnn-partitioning file describes.

    The first CPU becomes the device ``cpu0``, which has no memory limit; the accelerators ``accelerator0``, ... and
    further CPUs become sites. A tensor has the bytes that pay its cost on an accelerator's wire. Colour classes and
    operators that no accelerator supports become the words ``class:N`` and ``host`` of a layer's kind.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    InputError
        If the file is not of the format, has a cycle, or holds backward nodes (training graphs are not read).
    """
    where = str(path)
    try:
        file = msgspec.json.decode(read_text(path), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(where, f"not a dnn-partitioning file: {error}") from None
    nodes = {node.id: node for node in file.nodes}
    if len(nodes) != len(file.nodes):
        raise InputError(where, "node ids must be unique", len(file.nodes))
    for node in file.nodes:
        if node.isBackwardNode:
            raise InputError(f"{where}, node {node.id}", "must be a forward node: training graphs are not read")
    costs: dict[int, float] = {}
    for edge in file.edges:
        known = costs.setdefault(edge.sourceId, edge.cost)
        if abs(known - edge.cost) > _COST_MS:
            raise InputError(f"{where}, edges of node {edge.sourceId}", f"must have one cost ({known})", edge.cost)
    rate = _rate(file)
    names = unique_names({node.id: node.name for node in file.nodes})
    layers = {
        node.id: Layer(
            name=names[node.id],
            kind=_kind(node),
            parameter_bytes=node.size,
            output_bytes=costs.get(node.id, 0.0) / 1e3 * rate,
        )
        for node in file.nodes
    }
    edges = [(edge.sourceId, edge.destId) for edge in file.edges]
    network, order = network_from(Path(path).stem, layers, edges, f"{Path(path).name}, dnn-partitioning format")
    cpu = np.array([0.0, *(nodes[key].cpuLatency / 1e3 for key in order), 0.0])
    fast = np.array([0.0, *(nodes[key].fpgaLatency / 1e3 for key in order), 0.0])
    boards = [
        Machine(name=f"accelerator{i}", seconds=fast, memory_bytes=file.maxSizePerFPGA, tier=Tier.EDGE)
        for i in range(file.maxFPGAs)
    ]
    cpus = [Machine(name=f"cpu{i}", seconds=cpu, tier=Tier.EDGE if i else Tier.DEVICE) for i in range(file.maxCPUs)]
    sites = [*boards, *cpus[1:]]
    wires = [Wire(source="cpu0", target=site.name, bytes_per_s=rate) for site in sites]
    return one_inference(network, [cpus[0], *sites], wires, name=Path(path).stem)


def _kind(node: _Node) -> str:
    words = ["operator"] if node.supportedOnFpga else ["operator", "host"]
    if node.colorClass is not None:
        words.append(f"class:{node.colorClass}")
    return " ".join(words)


def _rate(file: _File) -> float:
    """Return bytes per second of the accelerators' wires: the median over the edges that state bytes and a cost."""
    rates = [edge.size / (edge.cost / 1e3) for edge in file.edges if edge.cost > 0 and edge.size > 0]
    return float(np.median(rates)) if rates else _RATE
