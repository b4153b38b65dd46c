"""What ONNX operators are to a network: their kind, their work, their window."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from instances.networks.importers.torch_operators import Window, einsum_multiply_adds

__all__ = ["CONSTANT", "SOURCES", "UNCOUNTED", "VIEWS", "kind_of", "multiply_adds", "weight_position", "window"]

Shape = tuple[int, ...]
Attributes = Mapping[str, object]

VIEWS = frozenset(
    (
        "Cast",
        "Dropout",
        "Expand",
        "Identity",
        "Reshape",
        "Slice",
        "Split",
        "Squeeze",
        "Transpose",
        "Unsqueeze",
    )
)
CONSTANT = frozenset(("Shape", "Size", "ConstantOfShape", "Constant"))
# They make a tensor of nothing but a shape or an attribute.
SOURCES = frozenset(("Constant", "ConstantOfShape", "RandomNormal", "RandomUniform"))
# They do much work that is not counted here; better refused than counted as none.
UNCOUNTED = frozenset(("Attention", "DeformConv", "If", "Loop", "Scan", "MatMulNBits", "RotaryEmbedding"))

_KINDS = {
    "AveragePool": "pool",
    "BatchNormalization": "batch_norm",
    "Conv": "conv",
    "ConvInteger": "conv",
    "ConvTranspose": "conv_transpose",
    "Gemm": "linear",
    "GlobalAveragePool": "pool",
    "GlobalMaxPool": "pool",
    "LRN": "lrn",
    "LSTM": "lstm",
    "GRU": "gru",
    "RNN": "rnn",
    "LayerNormalization": "layer_norm",
    "MaxPool": "pool",
    "QLinearConv": "conv",
    "Sum": "add",
}
_PRODUCTS = {"MatMul": 1, "MatMulInteger": 1, "QLinearMatMul": 3}
_WEIGHTS = {"Conv": 1, "ConvInteger": 1, "ConvTranspose": 1, "QLinearConv": 3, "Gemm": 1, **_PRODUCTS}


def weight_position(op: str) -> int | None:
    """Return which input of operator `op` holds its weights, or None."""
    return _WEIGHTS.get(op)


def kind_of(op: str, weights_constant: bool) -> str:
    """Return the layer kind of operator `op`."""
    if op in _PRODUCTS:
        return "linear" if weights_constant else "matmul"
    return _KINDS.get(op) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", op).lower()


def multiply_adds(op: str, inputs: Sequence[Shape | None], out: Shape, attributes: Attributes) -> int:
    """Return the multiply-adds of operator `op`.

    Parameters
    ----------
    op : str
        Operator type.
    inputs : sequence of tuple of int or None
        Shapes of the inputs, None where unknown.
    out : tuple of int
        Shape of the first output.
    attributes : mapping
        The operator's attributes.
    """
    elements = math.prod(out)
    weights = inputs[_WEIGHTS[op]] if op in _WEIGHTS else None
    if op in ("Conv", "ConvInteger", "QLinearConv"):
        return elements * math.prod(_known(weights)[1:])
    if op == "ConvTranspose":
        return math.prod(_known(inputs[0])) * math.prod(_known(weights)[1:])
    if op == "Gemm":
        return elements * _known(inputs[0])[0 if attributes.get("transA") else 1]
    if op in _PRODUCTS:
        return elements * _known(inputs[0])[-1]
    if op in ("LSTM", "GRU", "RNN"):
        # Every weight meets every element of the sequence once.
        return math.prod(_known(inputs[0])[:2]) * (math.prod(_known(inputs[1])) + math.prod(_known(inputs[2])))
    if op == "Einsum":
        equation = attributes["equation"]
        text = equation.decode() if isinstance(equation, bytes) else str(equation)
        return einsum_multiply_adds(text, [_known(shape) for shape in inputs])
    return 0


def window(op: str, inputs: Sequence[Shape | None], out: Shape, attributes: Attributes) -> Window:
    """Return (kernel with its dilation, stride, padding before) of a two-dimensional spatial operator."""
    if len(out) != 4 or op not in (*_KINDS, *_WEIGHTS):
        return None, None, None
    if op in ("GlobalAveragePool", "GlobalMaxPool"):
        size = _two(_known(inputs[0])[2:])
        return size, size, (0, 0)
    if op in ("Conv", "ConvInteger", "ConvTranspose", "QLinearConv"):
        extent = _two(_known(inputs[_WEIGHTS[op]])[2:])
    elif op in ("MaxPool", "AveragePool"):
        extent = _two(attributes["kernel_shape"])
    else:
        return None, None, None
    stride = _two(attributes.get("strides") or (1, 1))
    dilation = _two(attributes.get("dilations") or (1, 1))
    kernel = ((extent[0] - 1) * dilation[0] + 1, (extent[1] - 1) * dilation[1] + 1)
    if min(*kernel, *stride) < 1:
        raise ValueError(f"kernel {kernel} and stride {stride} must be positive")
    auto = attributes.get("auto_pad", b"NOTSET")
    if auto in (b"SAME_UPPER", b"SAME_LOWER") and op != "ConvTranspose":
        before = _known(inputs[0])[2:]
        total = [max((out[2 + i] - 1) * stride[i] + kernel[i] - before[i], 0) for i in range(2)]
        extra = 1 if auto == b"SAME_LOWER" else 0
        return kernel, stride, ((total[0] + extra) // 2, (total[1] + extra) // 2)
    return kernel, stride, _two(attributes.get("pads") or (0, 0, 0, 0))


def _known(shape: Shape | None) -> Shape:
    if shape is None:
        raise ValueError("an operand's shape is unknown")
    return shape


def _two(values: object) -> tuple[int, int]:
    if not isinstance(values, Sequence):
        raise ValueError(f"expected a list of numbers, got {values!r}")
    return int(values[0]), int(values[1])
