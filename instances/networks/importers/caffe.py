"""Caffe network definitions (``.prototxt``) as networks: parsed, never run.

Shapes follow Caffe's rules: a convolution's extent is ``(in + 2 pad - reach) / stride + 1`` rounded down, a
pooling's rounded up, where ``reach = dilation (kernel - 1) + 1`` (Jia et al., "Caffe: Convolutional Architecture for
Fast Feature Embedding", ACM Multimedia 2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.networks.graph import Layer, NetworkGraph
from instances.networks.importers.prototxt import Message, read_prototxt

__all__ = ["import_caffe"]

_BYTES = 4.0
"""Of a number: Caffe computes in single precision."""
_TOO_LARGE = 2**31
_MOST_AXES = 8
Shape = tuple[int, ...]


def import_caffe(path: str | Path, name: str | None = None) -> NetworkGraph:
    """Read a Caffe network definition as a network.

    Every layer of the definition becomes one of the network's, the input too; layers that work in place read what
    the last layer wrote under that name. Tensors and weights are in single precision, of one sample. Convolutions
    and inner products count as work, a multiply-add as two operations. The weights of a batch normalisation are
    its mean, its variance and a factor, as Caffe keeps them.

    Parameters
    ----------
    path : str or Path
        A ``.prototxt`` file with the input's shape.
    name : str, optional
        Name of the network; by default the definition's own, or the file's.

    Returns
    -------
    NetworkGraph
        In the order of the definition.

    Raises
    ------
    InputError
        If the file is no such definition, or has a layer of an unknown type or a shape that does not fit.

    Examples
    --------
    >>> import tempfile
    >>> text = '''name: "two" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
    ... layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 3 } }
    ... layer { name: "r" type: "ReLU" bottom: "c" top: "c" }'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "two.prototxt").write_text(text)
    ...     [(layer.name, layer.output_shape) for layer in import_caffe(Path(folder, "two.prototxt")).layers]
    [('data', (3, 8, 8)), ('c', (2, 6, 6)), ('r', (2, 6, 6))]
    """
    where = str(path)
    whole = read_prototxt(path)
    given = whole.get("name", [Path(path).stem])[0] if name is None else name
    build = _Builder(where)
    for blob, shape in _inputs(whole, where):
        build.input(blob, blob, shape)
    for message in whole.get("layer", []):
        if not isinstance(message, dict):
            raise InputError(where, "a layer must be a message", message)
        build.layer(message)
    if not build.layers:
        raise InputError(where, "must be a Caffe network definition with an input and layers")
    return NetworkGraph(
        name=str(given), layers=tuple(build.layers), edges=tuple(sorted(build.edges)), source=f"Caffe {Path(path).name}"
    )


def _inputs(whole: Message, where: str) -> list[tuple[str, Shape]]:
    """Return the inputs that are declared outside of layers."""
    names = [str(blob) for blob in whole.get("input", [])]
    shapes = [shape.get("dim", []) for shape in whole.get("input_shape", []) if isinstance(shape, dict)]
    flat = whole.get("input_dim", [])
    if not shapes:
        shapes = [flat[i : i + 4] for i in range(0, len(flat), 4)]
    if len(shapes) != len(names):
        raise InputError(where, f"must have the shape of each of its {len(names)} inputs", len(shapes))
    return [(blob, _dims(dims, f"{where}, input {blob}")) for blob, dims in zip(names, shapes, strict=True)]


def _dims(dims: list[Any], where: str) -> Shape:
    whole = all(isinstance(dim, int) and not isinstance(dim, bool) and 1 <= dim < _TOO_LARGE for dim in dims)
    if not whole or not 2 <= len(dims) <= _MOST_AXES:
        raise InputError(where, "must have a shape of whole numbers >= 1, the batch first", dims)
    return tuple(dims[1:])


@dataclass(slots=True)
class _Made:
    """What a layer type makes of its inputs."""

    shape: Shape
    weights: int = 0
    multiply_adds: int = 0
    window: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None = None


class _Builder:
    """Layers and edges as they grow; `blobs` knows the layer that wrote a blob last."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.layers: list[Layer] = []
        self.edges: set[tuple[int, int]] = set()
        self.blobs: dict[str, int] = {}

    def input(self, name: str, blob: str, shape: Shape) -> None:
        if self.layers:
            raise InputError(self.where, "must have one input, before all layers", name)
        self.blobs[blob] = 0
        self.layers.append(Layer(name=name, kind="input", output_bytes=_BYTES * math.prod(shape), output_shape=shape))

    def layer(self, message: Message) -> None:
        name, kind = _one(message, "name", "", str), _one(message, "type", "", str)
        where = f"{self.where}, layer {name}"
        if kind == "Input":
            shape = _group(_group(message, "input_param"), "shape")
            self.input(name, _one(message, "top", name, str), _dims(shape.get("dim", []), where))
            return
        if kind not in _TYPES:
            raise InputError(where, f"must be of a known type ({', '.join(_TYPES)})", kind)
        reads = []
        for blob in map(str, message.get("bottom", [])):
            if blob not in self.blobs:
                raise InputError(where, "reads a blob that no layer before it writes", blob)
            reads.append(self.blobs[blob])
        if not reads:
            raise InputError(where, "must read a blob")
        ours, rule = _TYPES[kind]
        made = rule(message, [self.layers[i].output_shape for i in reads], where)
        kernel, stride, padding = made.window or (None, None, None)
        here = len(self.layers)
        self.edges.update((i, here) for i in reads)
        self.layers.append(
            Layer(
                name=name,
                kind=ours,
                operations=2.0 * made.multiply_adds,
                parameter_bytes=_BYTES * made.weights,
                output_bytes=_BYTES * math.prod(made.shape),
                output_shape=made.shape,
                kernel=kernel,
                stride=stride,
                padding=padding,
            )
        )
        for blob in message.get("top", [name]):
            self.blobs[str(blob)] = here


def _one(message: Message, field: str, default: Any, kind: type) -> Any:
    value = message.get(field, [default])[-1]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"field {field}", f"must be of type {kind.__name__}", value)
    if isinstance(value, int) and abs(value) >= _TOO_LARGE:
        raise InputError(f"field {field}", f"must be below {_TOO_LARGE:,}", value)
    return value


def _group(message: Message, field: str) -> Message:
    found: Message = _one(message, field, {}, dict)
    return found


def _pair(group: Message, field: str, short: str, default: int, least: int, where: str) -> tuple[int, int]:
    """Return (height, width): `field` once or twice, or ``short_h`` and ``short_w``."""
    values = group.get(field, [default])
    pair = (
        _one(group, f"{short}_h", values[0], int),
        _one(group, f"{short}_w", values[-1], int),
    )
    if min(pair) < least:
        raise InputError(f"{where}, {field}", f"must be >= {least}", min(pair))
    return pair


def _spatial(group: Message, shape: Shape, where: str, up: bool) -> _Made:
    """Return the window, and the extents that it leaves (with the channels of the input)."""
    if len(shape) != 3:
        raise InputError(where, "must read a tensor of channels, height and width", shape)
    kernel = _pair(group, "kernel_size", "kernel", 0, 1, where)
    stride = _pair(group, "stride", "stride", 1, 1, where)
    pad = _pair(group, "pad", "pad", 0, 0, where)
    dilation = _pair(group, "dilation", "dilation", 1, 1, where)
    extents = []
    for i in range(2):
        span = shape[1 + i] + 2 * pad[i] - (dilation[i] * (kernel[i] - 1) + 1)
        if span < 0:
            raise InputError(where, "the kernel must fit into the tensor", kernel)
        extent = (-(-span // stride[i]) if up else span // stride[i]) + 1
        if up and any(pad) and (extent - 1) * stride[i] >= shape[1 + i] + pad[i]:
            extent -= 1  # the last window would lie in the padding alone
        extents.append(extent)
    return _Made((shape[0], extents[0], extents[1]), window=(kernel, stride, pad))


def _convolution(message: Message, inputs: list[Shape], where: str) -> _Made:
    group = _group(message, "convolution_param")
    made = _spatial(group, inputs[0], where, up=False)
    outputs, groups = _one(group, "num_output", 0, int), _one(group, "group", 1, int)
    if outputs < 1 or groups < 1 or inputs[0][0] % groups or outputs % groups:
        raise InputError(where, "num_output must be >= 1, and it and the channels a multiple of group", outputs)
    assert made.window is not None
    weights = outputs * (inputs[0][0] // groups) * math.prod(made.window[0])
    bias = outputs if _one(group, "bias_term", True, bool) else 0
    made.shape = (outputs, *made.shape[1:])
    made.weights, made.multiply_adds = weights + bias, weights * math.prod(made.shape[1:])
    return made


def _pooling(message: Message, inputs: list[Shape], where: str) -> _Made:
    group = _group(message, "pooling_param")
    if _one(group, "global_pooling", False, bool):
        group = {"kernel_h": [inputs[0][1]], "kernel_w": [inputs[0][2]]} if len(inputs[0]) == 3 else {}
    return _spatial(group, inputs[0], where, up=True)


def _inner_product(message: Message, inputs: list[Shape], where: str) -> _Made:
    group = _group(message, "inner_product_param")
    outputs = _one(group, "num_output", 0, int)
    if outputs < 1:
        raise InputError(where, "num_output must be >= 1", outputs)
    weights = outputs * math.prod(inputs[0])
    bias = outputs if _one(group, "bias_term", True, bool) else 0
    return _Made((outputs,), weights + bias, weights)


def _same(message: Message, inputs: list[Shape], where: str) -> _Made:
    return _Made(inputs[0])


def _batch_norm(message: Message, inputs: list[Shape], where: str) -> _Made:
    return _Made(inputs[0], 2 * inputs[0][0] + 1)


def _scale(message: Message, inputs: list[Shape], where: str) -> _Made:
    bias = _one(_group(message, "scale_param"), "bias_term", False, bool)
    return _Made(inputs[0], (1 + bias) * inputs[0][0])


def _concat(message: Message, inputs: list[Shape], where: str) -> _Made:
    if len({shape[1:] for shape in inputs}) > 1 or _one(_group(message, "concat_param"), "axis", 1, int) != 1:
        raise InputError(where, "must join tensors of one extent along their channels", inputs)
    return _Made((sum(shape[0] for shape in inputs), *inputs[0][1:]))


def _eltwise(message: Message, inputs: list[Shape], where: str) -> _Made:
    if len(set(inputs)) > 1:
        raise InputError(where, "must read tensors of one shape", inputs)
    return _Made(inputs[0])


_TYPES: dict[str, tuple[str, Callable[[Message, list[Shape], str], _Made]]] = {
    "Convolution": ("conv", _convolution),
    "InnerProduct": ("linear", _inner_product),
    "Pooling": ("pool", _pooling),
    "ReLU": ("relu", _same),
    "LRN": ("lrn", _same),
    "Dropout": ("dropout", _same),
    "Softmax": ("softmax", _same),
    "BatchNorm": ("batch_norm", _batch_norm),
    "Scale": ("scale", _scale),
    "Concat": ("concat", _concat),
    "Eltwise": ("add", _eltwise),
}
