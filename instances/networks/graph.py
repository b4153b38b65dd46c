"""The network that is split: a DAG of layers with work, weights and tensors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from instances.columns import Array, FloatArray, IntArray, check_column, column
from instances.errors import InputError

__all__ = ["Exit", "Layer", "NetworkGraph", "Variant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One operator of a network.

    Parameters
    ----------
    name : str
        Unique in the network.
    kind : str
        Operator kind in lower case (``"conv"``, ``"linear"``, ``"pool"``, ...); the first layer is ``"input"``.
    operations : float
        Floating-point operations of one inference; a multiply-add counts as two.
    parameter_bytes, output_bytes : float
        Bytes of the weights, and of the tensor that the layer puts out.
    output_shape : tuple of int
        Shape of that tensor without the batch axis.
    kernel, stride, padding : tuple of int, optional
        (height, width), for spatial operators only.
    """

    name: str
    kind: str
    operations: float = 0.0
    parameter_bytes: float = 0.0
    output_bytes: float
    output_shape: tuple[int, ...] = ()
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """An early exit: a head after layer `after` that ends the inference there.

    `accuracy` is a fraction, `leave_share` the share of samples that leave here when the exit
    is taken by confidence; the head costs `operations` and `parameter_bytes` on the node that
    runs layer `after`.
    """

    name: str
    after: int
    accuracy: float
    operations: float = 0.0
    parameter_bytes: float = 0.0
    leave_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A compressed or pruned version of the whole network, by factors on its columns."""

    name: str
    accuracy: float
    compute_factor: float = 1.0
    parameter_factor: float = 1.0
    output_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkGraph:
    """A DNN as a DAG of layers in topological order; layer 0 is the virtual input layer.

    Parameters
    ----------
    name : str
        Name of the network.
    layers : tuple of Layer
        In topological order; ``layers[0].kind == "input"`` and only it has no predecessor.
    edges : tuple of (int, int)
        Tensor flows (producer, consumer) with producer < consumer; exactly one layer, the last,
        has no consumer.
    accuracy : float, optional
        Accuracy of the full network as a fraction (top-1 where images are classified).
    exits, variants : tuple
        Early exits and compressed versions.
    source : str
        Where the figures come from.

    Raises
    ------
    InputError
        If a name repeats, a number is negative or not finite, or the edges are not such a DAG.
    """

    name: str
    layers: tuple[Layer, ...]
    edges: tuple[tuple[int, int], ...]
    accuracy: float | None = None
    exits: tuple[Exit, ...] = ()
    variants: tuple[Variant, ...] = ()
    source: str = ""
    operations: FloatArray = field(init=False, repr=False)
    parameter_bytes: FloatArray = field(init=False, repr=False)
    output_bytes: FloatArray = field(init=False, repr=False)
    edge_array: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_layers(self)
        for name in ("operations", "parameter_bytes", "output_bytes"):
            values = column([getattr(layer, name) for layer in self.layers], np.float64)
            check_column(
                values,
                np.isfinite(values) & (values >= 0),
                f"{name} must be finite and >= 0",
                lambda i: f"network {self.name}, layer {self.layers[i].name}",
            )
            object.__setattr__(self, name, values)
        edges = column(np.asarray(self.edges, dtype=np.int64).reshape(-1, 2), np.int64)
        object.__setattr__(self, "edge_array", edges)
        _check_edges(self, edges)
        _check_versions(self)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def total_operations(self) -> float:
        """Operations of one inference of the full network."""
        return float(self.operations.sum())

    @property
    def total_parameter_bytes(self) -> float:
        """Bytes of all weights."""
        return float(self.parameter_bytes.sum())

    def cut_points(self) -> IntArray:
        """Return the layers after which one tensor alone crosses a cut.

        A layer is a cut point when every path from the input to the output passes it: no edge
        spans it in topological order. Input and last layer are always cut points.

        Returns
        -------
        array of int64, shape (n_cuts,)
            Layer indices in increasing order.
        """
        spans = np.zeros(len(self.layers) + 1, dtype=np.int64)
        np.add.at(spans, self.edge_array[:, 0] + 1, 1)
        np.add.at(spans, self.edge_array[:, 1], -1)
        return np.flatnonzero(np.cumsum(spans[:-1]) == 0)


def _check_layers(net: NetworkGraph) -> None:
    where = f"network {net.name}"
    if not net.name:
        raise InputError("network", "name must not be empty", net.name)
    if len(net.layers) < 2:
        raise InputError(where, "needs an input layer and at least one more", len(net.layers))
    if net.layers[0].kind != "input":
        raise InputError(f"{where}, layer 0", 'kind must be "input"', net.layers[0].kind)
    seen: set[str] = set()
    for layer in net.layers:
        if not layer.name or layer.name in seen:
            raise InputError(where, "layer names must be unique and not empty", layer.name)
        seen.add(layer.name)
    first = net.layers[0]
    if first.operations or first.parameter_bytes:
        raise InputError(
            f"{where}, layer {first.name}", "the input layer must do no work and hold no weights", first.operations
        )


def _check_edges(net: NetworkGraph, edges: Array) -> None:
    where, n = f"network {net.name}", len(net.layers)
    for i, (a, b) in enumerate(edges.tolist()):
        if not (0 <= a < n and 0 <= b < n):
            raise InputError(f"{where}, edges[{i}]", f"layer indices must be in 0..{n - 1}", (a, b))
        if a >= b:
            raise InputError(f"{where}, edges[{i}]", "must go forward (topological order, no cycle)", (a, b))
    if len({tuple(e) for e in edges.tolist()}) != len(edges):
        raise InputError(where, "edges must not repeat", len(edges))
    has_input = np.zeros(n, dtype=bool)
    has_output = np.zeros(n, dtype=bool)
    has_input[edges[:, 1]] = True
    has_output[edges[:, 0]] = True
    if not has_input[1:].all():
        lone = int(np.flatnonzero(~has_input[1:])[0]) + 1
        raise InputError(f"{where}, layer {net.layers[lone].name}", "must have a predecessor")
    if not has_output[:-1].all():
        lone = int(np.flatnonzero(~has_output[:-1])[0])
        raise InputError(
            f"{where}, layer {net.layers[lone].name}", "must have a consumer (only the last layer has none)"
        )


def _check_versions(net: NetworkGraph) -> None:
    where = f"network {net.name}"
    if net.accuracy is not None and not 0 <= net.accuracy <= 1:
        raise InputError(where, "accuracy must be in 0..1", net.accuracy)
    names = [ex.name for ex in net.exits] + [var.name for var in net.variants]
    if len(set(names)) != len(names) or "" in names or "full" in names:
        raise InputError(where, 'exit and variant names must be unique, not empty and not "full"', names)
    cuts = set(net.cut_points().tolist())
    for ex in net.exits:
        at = f"{where}, exit {ex.name}"
        if ex.after not in cuts or ex.after in (0, len(net.layers) - 1):
            raise InputError(at, "after must be a cut point between input and last layer", ex.after)
        if not 0 <= ex.accuracy <= 1 or not 0 <= ex.leave_share <= 1:
            raise InputError(at, "accuracy and leave_share must be in 0..1", (ex.accuracy, ex.leave_share))
        if not (0 <= ex.operations < np.inf and 0 <= ex.parameter_bytes < np.inf):
            raise InputError(at, "head costs must be finite and >= 0", (ex.operations, ex.parameter_bytes))
    for var in net.variants:
        at = f"{where}, variant {var.name}"
        if not 0 <= var.accuracy <= 1:
            raise InputError(at, "accuracy must be in 0..1", var.accuracy)
        factors = (var.compute_factor, var.parameter_factor, var.output_factor)
        if not all(0 < f < np.inf for f in factors):
            raise InputError(at, "factors must be finite and > 0", factors)
