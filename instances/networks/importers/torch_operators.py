"""What PyTorch's operators are to a network: their kind, their work, their window."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

__all__ = [
    "BLANK",
    "KINDS",
    "VIEWS",
    "Window",
    "base_name",
    "einsum_multiply_adds",
    "multiply_adds",
    "nbytes_of",
    "shape_of",
    "window",
]

Window = tuple[tuple[int, int] | None, tuple[int, int] | None, tuple[int, int] | None]

# Operators (overload and trailing underscore of the in-place form dropped) that re-arrange or pick elements.
VIEWS = frozenset(
    (
        "_to_copy",
        "_unsafe_view",
        "alias",
        "chunk",
        "clone",
        "contiguous",
        "detach",
        "diagonal",
        "dropout",
        "expand",
        "expand_as",
        "feature_dropout",
        "getitem",
        "identity",
        "lift_fresh",
        "lift_fresh_copy",
        "movedim",
        "narrow",
        "numpy_T",
        "permute",
        "reshape",
        "select",
        "slice",
        "split",
        "split_with_sizes",
        "squeeze",
        "swapaxes",
        "t",
        "tensor_split",
        "to",
        "transpose",
        "type_as",
        "unbind",
        "unflatten",
        "unsafe_chunk",
        "unsafe_split",
        "unsqueeze",
        "view",
        "view_as",
    )
)
KINDS = {
    "_convolution": "conv",
    "addmm": "linear",
    "adaptive_avg_pool2d": "pool",
    "adaptive_max_pool2d": "pool",
    "avg_pool1d": "pool",
    "avg_pool2d": "pool",
    "avg_pool3d": "pool",
    "baddbmm": "matmul",
    "bmm": "matmul",
    "cat": "concat",
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "conv_transpose1d": "conv_transpose",
    "conv_transpose2d": "conv_transpose",
    "conv_transpose3d": "conv_transpose",
    "convolution": "conv",
    "hardtanh": "relu6",
    "index": "gather",
    "index_select": "gather",
    "max_pool1d": "pool",
    "max_pool2d": "pool",
    "max_pool2d_with_indices": "pool",
    "max_pool3d": "pool",
    "mm": "matmul",
    "scaled_dot_product_attention": "attention",
    "stack": "concat",
}
# They read a tensor for its shape and type alone.
BLANK = frozenset(
    (
        "empty_like",
        "full_like",
        "new_empty",
        "new_full",
        "new_ones",
        "new_zeros",
        "ones_like",
        "zeros_like",
    )
)
_RECURRENT = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})


def base_name(target: Any) -> str:
    """Return an operator's name without its overload and without the underscore of the in-place form."""
    text = getattr(target, "__name__", str(target)).split(".")[0]
    return text.strip("_") if text.startswith("__") else text.rstrip("_")


def shape_of(tensor: Any) -> tuple[int, ...]:
    """Return the shape of a tensor as plain integers."""
    return tuple(int(extent) for extent in tensor.shape)


def nbytes_of(tensor: Any) -> int:
    """Return the bytes of a tensor's elements."""
    return math.prod(shape_of(tensor)) * int(tensor.element_size())


def _argument(node: Any, position: int, name: str, default: Any = None) -> Any:
    return node.args[position] if len(node.args) > position else node.kwargs.get(name, default)


def _shape_at(node: Any, position: int) -> tuple[int, ...]:
    return shape_of(node.args[position].meta["val"])


def multiply_adds(base: str, node: Any, out: Any) -> int:
    """Return the multiply-adds of operator `base` at `node` of an exported graph, whose result is `out`."""
    elements = math.prod(shape_of(out))
    counts: dict[str, Callable[[], int]] = {
        "linear": lambda: elements * _shape_at(node, 1)[-1],
        "addmm": lambda: elements * _shape_at(node, 1)[-1],
        "baddbmm": lambda: elements * _shape_at(node, 1)[-1],
        "mm": lambda: elements * _shape_at(node, 0)[-1],
        "bmm": lambda: elements * _shape_at(node, 0)[-1],
        "matmul": lambda: elements * _shape_at(node, 0)[-1],
    }
    if base in counts:
        return counts[base]()
    kind = KINDS.get(base)
    if kind == "conv":
        return elements * math.prod(_shape_at(node, 1)[1:])
    if kind == "conv_transpose":
        return math.prod(_shape_at(node, 0)) * math.prod(_shape_at(node, 1)[1:])
    if kind == "attention":
        query, key, value = (_shape_at(node, position) for position in range(3))
        return math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    if base == "einsum":
        return einsum_multiply_adds(str(node.args[0]), [shape_of(item.meta["val"]) for item in node.args[1]])
    if base in _RECURRENT:
        # Every weight matrix meets every element of the sequence once.
        shape = _shape_at(node, 0)
        weights = [item.meta["val"] for group in node.args[1:] if isinstance(group, Sequence) for item in group]
        matrices = [item for item in weights if hasattr(item, "dim") and item.dim() == 2]
        return math.prod(shape[:-1]) * sum(math.prod(shape_of(item)) for item in matrices)
    return 0


def einsum_multiply_adds(equation: str, shapes: list[tuple[int, ...]]) -> int:
    """Return the multiply-adds of an einsum over operands of these `shapes`; 0 where it is no product."""
    left = equation.replace(" ", "").partition("->")[0].split(",")
    if len(shapes) < 2 or "." in equation:
        return 0
    sizes = {
        label: extent
        for labels, shape in zip(left, shapes, strict=True)
        for label, extent in zip(labels, shape, strict=True)
    }
    return math.prod(sizes.values())


def window(base: str, node: Any) -> Window:
    """Return (kernel, stride, padding) of a two-dimensional spatial operator."""
    if base in ("conv2d", "conv_transpose2d"):
        kernel = _pair(_shape_at(node, 1)[2:])
        stride = _pair(_argument(node, 3, "stride", 1))
        dilated = base == "conv_transpose2d"
        dilation = _pair(_argument(node, 7 if dilated else 5, "dilation", 1))
        span = ((kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1)
        padding = _argument(node, 4, "padding", 0)
        if padding == "same":
            return span, stride, ((span[0] - 1) // 2, (span[1] - 1) // 2)
        return span, stride, (0, 0) if padding == "valid" else _pair(padding)
    if base in ("max_pool2d", "max_pool2d_with_indices", "avg_pool2d"):
        kernel = _pair(_argument(node, 1, "kernel_size"))
        stride = _argument(node, 2, "stride") or kernel
        return kernel, _pair(stride), _pair(_argument(node, 3, "padding", 0))
    if base in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        before, after = _shape_at(node, 0)[-2:], _pair(_argument(node, 1, "output_size"))
        if before[0] % after[0] == 0 and before[1] % after[1] == 0:
            step = (before[0] // after[0], before[1] // after[1])
            return step, step, (0, 0)
    return None, None, None


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    items = [int(item) for item in value]
    return (items[0], items[0]) if len(items) == 1 else (items[0], items[1])
