"""PyTorch modules as networks: `torch.export` traces the operators, nothing is trained and no weight is read.

Only Python code that the user names is run. Pickled modules (``.pt``, ``.pth``) and ``.pt2`` archives are not read: both can
hold pickles, and a pickle from a stranger can run anything.
"""

from __future__ import annotations

import importlib
from typing import Any

from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.networks.importers.assemble import TracedInput, TracedOp, assemble
from instances.networks.importers.optional import require
from instances.networks.importers.torch_operators import (
    BLANK,
    KINDS,
    VIEWS,
    base_name,
    multiply_adds,
    nbytes_of,
    shape_of,
    window,
)

__all__ = ["import_torch", "import_torch_factory"]


def import_torch(
    module: Any,
    example_input: Any,
    name: str,
    *,
    source: str = "PyTorch module",
    accuracy: float | None = None,
) -> NetworkGraph:
    """Trace a PyTorch module into a network.

    Convolutions, linear maps, matrix products, attention and recurrent layers count as work, a multiply-add as two
    operations; everything else counts as none, which is how the published multiply-adds are counted. Buffers (running
    means, say) are no parameters. A parameter that several layers share is held by the first.

    Parameters
    ----------
    module : torch.nn.Module
        Put into evaluation mode while it is traced; may live on the meta device.
    example_input : torch.Tensor or tuple of torch.Tensor
        What the module is called with; its shapes, and so its batch, are those of the network.
    name : str
        Name of the network.
    source : str
        Where the network comes from.
    accuracy : float, optional
        Accuracy as a fraction.

    Returns
    -------
    NetworkGraph
        One layer per operator, named after the module that called it.

    Raises
    ------
    InputError
        If PyTorch is missing, the module cannot be exported, or it is no network of one input and one output side.
    """
    torch = require("torch", "torch")
    inputs = example_input if isinstance(example_input, tuple) else (example_input,)
    if not isinstance(module, torch.nn.Module) or not all(isinstance(item, torch.Tensor) for item in inputs):
        raise InputError(
            f"network {name}", "needs a torch.nn.Module and a tensor or a tuple of tensors", type(module).__name__
        )
    training = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            program = torch.export.export(module, inputs, strict=False)
    except Exception as error:  # whatever the user's forward raises
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"network {name}", f"torch.export could not trace it: {first}") from error
    finally:
        for part, mode in training.items():
            part.training = mode
    return _network_of(program, name, source, accuracy)


def import_torch_factory(path: str, name: str | None = None) -> NetworkGraph:
    """Import the network that a function of the user's own Python makes.

    Parameters
    ----------
    path : str
        ``"package.module:factory"``; the factory takes no argument and returns ``(module, example_input)``.
    name : str, optional
        Name of the network; the factory's by default.

    Returns
    -------
    NetworkGraph
        The traced network.

    Raises
    ------
    InputError
        If the path does not name such a function, or its module cannot be traced.
    """
    where, _, attribute = path.partition(":")
    if not where or not attribute:
        raise InputError(f"torch factory {path}", "must be given as package.module:function")
    try:
        factory = getattr(importlib.import_module(where), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"torch factory {path}", f"cannot be imported ({error})") from None
    if not callable(factory):
        raise InputError(f"torch factory {path}", "must be a function")
    made = factory()
    if not isinstance(made, tuple) or len(made) != 2:
        raise InputError(f"torch factory {path}", "must return (module, example_input)", type(made).__name__)
    return import_torch(made[0], made[1], name or attribute, source=f"PyTorch, {path}")


def _network_of(program: Any, name: str, source: str, accuracy: float | None) -> NetworkGraph:
    kinds = require("torch.export.graph_signature", "torch").InputKind
    parameters: dict[str, int] = {}
    inputs: list[TracedInput] = []
    nodes = {node.name: node for node in program.graph.nodes}
    for spec in program.graph_signature.input_specs:
        key = spec.arg.name
        value = nodes[key].meta.get("val") if key in nodes else None
        if not _is_tensor(value):
            parameters[key] = 0
        elif spec.kind is kinds.USER_INPUT:
            inputs.append(TracedInput(key=key, name=key, shape=shape_of(value), nbytes=nbytes_of(value)))
        else:
            parameters[key] = nbytes_of(value) if spec.kind is kinds.PARAMETER else 0
    tied = _tied(program, kinds)
    for key in tied:
        parameters.pop(key, None)
    ops: list[TracedOp] = []
    for node in program.graph.nodes:
        if node.op == "get_attr":
            parameters[node.name] = 0
        elif node.op == "call_function":
            ops.append(_op(node, tied))
    outputs = [spec.arg.name for spec in program.graph_signature.output_specs if hasattr(spec.arg, "name")]
    return assemble(
        name=name,
        source=source,
        accuracy=accuracy,
        inputs=inputs,
        ops=ops,
        parameters=parameters,
        outputs=list(dict.fromkeys(outputs)),
    )


def _tied(program: Any, kinds: Any) -> dict[str, str]:
    """Return, for every placeholder of an already seen parameter, the first placeholder of that parameter."""
    first: dict[int, str] = {}
    tied: dict[str, str] = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind is kinds.PARAMETER:
            seen = first.setdefault(id(program.state_dict[spec.target]), spec.arg.name)
            if seen != spec.arg.name:
                tied[spec.arg.name] = seen
    return tied


def _op(node: Any, tied: dict[str, str]) -> TracedOp:
    base = base_name(node.target)
    reads = tuple(tied.get(item.name, item.name) for item in node.all_input_nodes)
    value = node.meta.get("val")
    tensors = [item for item in (value if isinstance(value, (tuple, list)) else [value]) if _is_tensor(item)]
    # Of several outputs the first counts (an LSTM's sequence, a pool's values); the parts of a split are `getitem`s.
    out = tensors[0] if tensors else None
    view = base in VIEWS or (base in ("flatten", "pad") and not _is_layer(base, node, out))
    nbytes = sum(nbytes_of(item) for item in (tensors if view else tensors[:1]))
    kernel, stride, padding = window(base, node)
    kind = KINDS.get(base, base)
    if base in ("addmm", "mm") and not any(item.op == "placeholder" for item in node.all_input_nodes[1:]):
        kind = "matmul"
    return TracedOp(
        key=node.name,
        name=_layer_name(node, kind),
        kind=kind,
        inputs=reads,
        shape=shape_of(out) if out is not None else (),
        nbytes=nbytes,
        multiply_adds=multiply_adds(base, node, out) if out is not None else 0,
        view=view and bool(reads),
        constant=out is None or base in BLANK,
        kernel=kernel,
        stride=stride,
        padding=padding,
    )


def _is_layer(base: str, node: Any, out: Any) -> bool:
    before = node.args[0].meta["val"]
    if base == "pad":  # a pad by nothing is none
        return shape_of(before) != shape_of(out)
    # A flatten from an image's tensor to a vector is the layer everyone draws; others only re-arrange.
    return bool(before.dim() == 4 and out.dim() == 2)


def _layer_name(node: Any, kind: str) -> str:
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return kind
    path = str(stack[-1][0] if isinstance(stack[-1], tuple) else stack[-1])
    path = path.removeprefix("L['self']").strip(".")
    if not path:
        return kind
    cls = str(stack[-1][1] if isinstance(stack[-1], tuple) else "")
    return path if cls.startswith("torch.nn.modules.") and "MultiheadAttention" not in cls else f"{path}.{kind}"


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "element_size")
