"""ONNX files as networks: parsed, never run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.networks.importers.assemble import TracedInput, TracedOp, assemble
from instances.networks.importers.onnx_operators import (
    CONSTANT,
    SOURCES,
    UNCOUNTED,
    VIEWS,
    kind_of,
    multiply_adds,
    weight_position,
    window,
)
from instances.networks.importers.optional import require

__all__ = ["import_onnx"]

# What reading a well-formed file with senseless values in it can raise here.
_MALFORMED = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, ArithmeticError)


def import_onnx(
    path: str | Path, name: str | None = None, *, dimensions: Mapping[str, int] | None = None
) -> NetworkGraph:
    """Read an ONNX file as a network.

    Shapes come from ONNX's shape inference; weight values are not needed. Convolutions, matrix products and recurrent
    layers count as work, a multiply-add as two operations. Floating-point and 8-bit constants of rank one and more are
    parameters; a batch normalisation's running mean and variance are not.

    Parameters
    ----------
    path : str or Path
        An ``.onnx`` file.
    name : str, optional
        Name of the network; the file's name without its suffix by default.
    dimensions : mapping of str to int, optional
        Sizes of the symbolic dimensions by name. A symbolic first dimension, the batch, is 1 unless given here.

    Returns
    -------
    NetworkGraph
        One layer per operator; reshapes and the like become none.

    Raises
    ------
    InputError
        If the package ``onnx`` is missing, the file is not an ONNX graph, a shape is open, or an operator's work
        cannot be counted.

    Examples
    --------
    >>> import_onnx("my_network.onnx", dimensions={"sequence": 128})  # doctest: +SKIP
    """
    where = str(path)
    graph = _load(where, dict(dimensions or {}))
    try:
        return _Reader(where, graph).network(name or Path(path).stem)
    except InputError:
        raise
    except _MALFORMED as error:
        raise InputError(where, f"is a malformed ONNX graph ({error})") from None


def _load(where: str, dimensions: dict[str, int]) -> Any:
    """Return the graph with every input's shape fixed and the other shapes inferred."""
    onnx = require("onnx", "onnx")
    inference, inliner = require("onnx.shape_inference", "onnx"), require("onnx.inliner", "onnx")
    try:
        data = Path(where).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(where, f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    try:
        model = onnx.load_model_from_string(data)
    except Exception:  # the parser's own error class lives in another package
        raise InputError(where, "is not an ONNX file") from None
    if not model.graph.node or not model.graph.output:
        raise InputError(where, "must hold a graph with operators and outputs")
    graph = model.graph
    weights = {item.name for item in graph.initializer}
    symbolic = False
    for item in graph.input:
        if item.name in weights:
            continue
        if item.type.WhichOneof("value") != "tensor_type" or not item.type.tensor_type.HasField("shape"):
            raise InputError(f"{where}, input {item.name}", "must be a tensor of known rank")
        for axis, dim in enumerate(item.type.tensor_type.shape.dim):
            if dim.WhichOneof("value") != "dim_value" or dim.dim_value < 1:
                symbolic = True
                size = dimensions.get(dim.dim_param, 1 if axis == 0 else 0)
                if size < 1:
                    raise InputError(
                        f"{where}, input {item.name}",
                        f"needs a size for dimension {dim.dim_param or axis} (dimensions=...)",
                    )
                dim.dim_value = size
    if symbolic:  # shapes that the file states were stated for the symbol
        del graph.value_info[:]
        for item in graph.output:
            item.type.tensor_type.ClearField("shape")
    try:
        if model.functions:
            model = inliner.inline_local_functions(model)
        return inference.infer_shapes(model, data_prop=True).graph
    except Exception as error:  # whatever the C++ library makes of a malformed graph
        raise InputError(where, f"is a malformed ONNX graph ({str(error).strip().splitlines()[0]})") from None


class _Reader:
    """Turns the operators of one graph into traced operators."""

    def __init__(self, where: str, graph: Any) -> None:
        self.where = where
        self.graph = graph
        self.helper = require("onnx.helper", "onnx")
        proto = require("onnx", "onnx").TensorProto
        plain = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT8", "UINT8", "INT4", "UINT4")
        self.weight_types = {value for key, value in proto.DataType.items() if key in plain or key.startswith("FLOAT8")}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.types: dict[str, int] = {}
        for item in (*graph.input, *graph.value_info, *graph.output):
            tensor = item.type.tensor_type
            self.types[item.name] = tensor.elem_type
            dims = [dim.dim_value if dim.WhichOneof("value") == "dim_value" else 0 for dim in tensor.shape.dim]
            if tensor.HasField("shape") and all(dim > 0 for dim in dims):
                self.shapes[item.name] = tuple(dims)
        for item in graph.initializer:
            self.shapes[item.name], self.types[item.name] = tuple(item.dims), item.data_type

    def network(self, name: str) -> NetworkGraph:
        graph = self.graph
        # "" stands for an optional input that is left out.
        parameters = {"": 0, **{item.name: self._weight_bytes(item.name) for item in graph.initializer}}
        parameters.update({item.values.name: 0 for item in graph.sparse_initializer})
        inputs = [
            TracedInput(key=item.name, name=item.name, shape=self.shapes[item.name], nbytes=self._nbytes(item.name))
            for item in graph.input
            if item.name not in parameters
        ]
        constant = set(parameters)
        made = {item.key for item in inputs} | constant
        ops: list[TracedOp] = []
        for node in graph.node:
            for key in node.output:
                if key and key in made:
                    raise InputError(
                        f"{self.where}, operator {node.name or node.op_type}", "writes a tensor twice", key
                    )
                made.add(key)
            outputs = [key for key in node.output if key]
            if not outputs:
                continue
            if node.op_type == "BatchNormalization":
                parameters.update({key: 0 for key in node.input[3:5] if key in parameters})
            folded = constant.issuperset(node.input) or node.op_type in ("Shape", "Size")
            if folded:
                constant.update(outputs)
            if folded and node.op_type in SOURCES:
                parameters.update({key: self._weight_bytes(key) for key in outputs})
            else:
                ops.extend(self._operators(node, outputs, constant, folded))
        return assemble(
            name=name,
            source=f"ONNX file {Path(self.where).name}",
            inputs=inputs,
            ops=ops,
            parameters=parameters,
            outputs=[item.name for item in graph.output],
        )

    def _operators(self, node: Any, outputs: list[str], constant: set[str], folded: bool) -> list[TracedOp]:
        op, label = node.op_type, node.name or outputs[0]
        reads = tuple(node.input)
        if folded:
            return [
                TracedOp(
                    key=key, name=label, kind="constant", inputs=reads, shape=(), nbytes=0, constant=op in CONSTANT
                )
                for key in outputs
            ]
        if op in UNCOUNTED:
            raise InputError(f"{self.where}, operator {label}", f"{op} is not supported: its work cannot be counted")
        attributes = {item.name: self.helper.get_attribute_value(item) for item in node.attribute}
        view = op in VIEWS or (op == "Gather" and reads[0] not in constant and reads[1] in constant)
        first = outputs[0]
        shape = self._shape(first, label)
        shapes = [self.shapes.get(key) for key in reads]
        kernel, stride, padding = window(op, shapes, shape, attributes)
        position = weight_position(op)
        kind = kind_of(op, position is not None and reads[position] in constant)
        if op == "Gather" and reads[0] in constant:
            kind = "embedding"
        main = TracedOp(
            key=first,
            name=label,
            kind=kind,
            inputs=reads,
            shape=shape,
            nbytes=self._nbytes(first),
            multiply_adds=multiply_adds(op, shapes, shape, attributes),
            view=view,
            kernel=kernel,
            stride=stride,
            padding=padding,
        )
        # Further outputs are parts of the input for a split, and hang on the first output otherwise.
        of = reads if op == "Split" else (first,)
        return [
            main,
            *(
                TracedOp(
                    key=key,
                    name=f"{label}.{key}" if op != "Split" else label,
                    kind="slice",
                    inputs=of,
                    shape=self.shapes.get(key, ()),
                    nbytes=self._nbytes(key) if key in self.shapes else 0,
                    view=True,
                )
                for key in outputs[1:]
            ),
        ]

    def _shape(self, key: str, label: str) -> tuple[int, ...]:
        if key not in self.shapes:
            raise InputError(f"{self.where}, operator {label}", "has an output whose shape cannot be inferred", key)
        return self.shapes[key]

    def _nbytes(self, key: str) -> int:
        return math.prod(self.shapes[key]) * self._item_bytes(key)

    def _weight_bytes(self, key: str) -> int:
        if self.types.get(key) not in self.weight_types or not self.shapes.get(key):
            return 0
        return self._nbytes(key)

    def _item_bytes(self, key: str) -> int:
        return int(self.helper.tensor_dtype_to_np_dtype(self.types[key]).itemsize)
