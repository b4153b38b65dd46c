"""From traced operators to a `NetworkGraph`: fold constants, collapse views, join inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instances.errors import InputError
from instances.networks.graph import Layer, NetworkGraph

__all__ = ["TracedInput", "TracedOp", "assemble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedInput:
    """A tensor that the user feeds in: its key, a readable name, its full shape and its bytes."""

    key: str
    name: str
    shape: tuple[int, ...]
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedOp:
    """One operator of a traced program, with one output tensor.

    Parameters
    ----------
    key : str
        Unique name of the output tensor.
    name : str
        Readable name; made unique when the network is assembled.
    kind : str
        Kind of the layer it may become.
    inputs : tuple of str
        Keys of what it reads: other operators, network inputs, constants.
    shape : tuple of int
        Full shape of the output, batch axis included.
    nbytes : int
        Bytes of the output.
    multiply_adds : int
        Those of convolutions, linear maps and matrix products; 0 for everything else.
    view : bool
        It only re-arranges or picks from its first input. It becomes no layer unless it makes the tensor smaller.
    constant : bool
        Its value does not depend on the data although it reads a tensor (the shape of a tensor, say).
    kernel, stride, padding : tuple of int, optional
        (height, width) of a spatial operator; the kernel with its dilation.
    """

    key: str
    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    nbytes: int
    multiply_adds: int = 0
    view: bool = False
    constant: bool = False
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None


def assemble(
    *,
    name: str,
    inputs: Sequence[TracedInput],
    ops: Sequence[TracedOp],
    parameters: Mapping[str, int],
    outputs: Sequence[str],
    source: str = "",
    accuracy: float | None = None,
) -> NetworkGraph:
    """Make a network of a traced program.

    Operators that read only constants are folded: their parameters are held by the first layer that uses them, once.
    Operators that no output needs are dropped. Views become no layer, except those that make a tensor smaller
    (a slice, say), since a cut after them sends less. Several inputs become one virtual input layer that feeds a
    ``"slice"`` layer each; several outputs are joined by a virtual ``"output"`` layer without work.

    Parameters
    ----------
    name, source : str
        Name of the network and where it comes from.
    inputs : sequence of TracedInput
        What the user feeds in; the first axis of the first input's shape is the batch.
    ops : sequence of TracedOp
        In an order in which every operator follows what it reads.
    parameters : mapping of str to int
        Bytes of each constant by its key; 0 for what is no parameter (buffers, shapes, literals).
    outputs : sequence of str
        Keys of the results.
    accuracy : float, optional
        Published accuracy as a fraction.

    Returns
    -------
    NetworkGraph
        Operations are twice the multiply-adds.

    Raises
    ------
    InputError
        If an operator reads an unknown tensor, or no operator lies between the inputs and the outputs.
    """
    where = f"network {name}"
    graph = _Program(where, inputs, ops, parameters)
    live = graph.needed_by(outputs)
    used = [item for item in inputs if item.key in live]
    if not used:
        raise InputError(where, "the outputs must depend on the inputs")
    batch = used[0].shape[0] if used[0].shape else 1
    build = _Builder(batch)
    if len(used) == 1:
        build.add(
            used[0].key, "input", (), kind="input", output_bytes=float(used[0].nbytes), output_shape=used[0].shape
        )
    else:
        build.add("", "input", (), kind="input", output_bytes=float(sum(item.nbytes for item in used)))
        for item in used:
            build.add(
                item.key, item.name, ("",), kind="slice", output_bytes=float(item.nbytes), output_shape=item.shape
            )
    charged: set[str] = set()
    for op in ops:
        if op.key not in live:
            continue
        weights = [key for key in graph.weights_read(op) if key not in charged]
        if op.view and not weights and op.nbytes >= build.bytes_of(op.inputs[0]):
            build.alias(op.key, op.inputs[0])
            continue
        charged.update(weights)
        build.add(
            op.key,
            op.name,
            [key for key in op.inputs if key in live],
            kind="slice" if op.view and op.inputs[0] in live else op.kind,
            operations=2.0 * op.multiply_adds,
            parameter_bytes=float(sum(parameters[key] for key in weights)),
            output_bytes=float(op.nbytes),
            output_shape=op.shape,
            kernel=op.kernel,
            stride=op.stride,
            padding=op.padding,
        )
    results = sorted({build.index[key] for key in outputs if key in live})
    if results == [0]:
        raise InputError(where, "must have at least one operator between its input and its output")
    if len(results) > 1:
        total = sum(build.layers[i].output_bytes for i in results)
        build.add("output", "output", [key for key in outputs if key in live], kind="output", output_bytes=total)
    return NetworkGraph(
        name=name,
        source=source,
        accuracy=accuracy,
        layers=tuple(build.layers),
        edges=tuple(sorted(build.edges)),
    )


class _Program:
    """The traced program, split into what depends on the data and what is constant."""

    def __init__(
        self, where: str, inputs: Sequence[TracedInput], ops: Sequence[TracedOp], parameters: Mapping[str, int]
    ) -> None:
        self.data = {item.key for item in inputs}
        self.ops = {op.key: op for op in ops}
        # Which parameters a constant is made of: itself, or those of the constants it was computed from.
        self.made_of: dict[str, tuple[str, ...]] = {key: (key,) if parameters[key] else () for key in parameters}
        for op in ops:
            for key in op.inputs:
                if key not in self.data and key not in self.made_of:
                    raise InputError(where, f"operator {op.name} must not read a tensor before it is made", key)
            if op.constant:
                self.made_of[op.key] = ()
            elif self.data.isdisjoint(op.inputs):
                self.made_of[op.key] = self.weights_read(op)
            else:
                self.data.add(op.key)

    def weights_read(self, op: TracedOp) -> tuple[str, ...]:
        """Return the keys of the parameters that `op` reads, directly or through folded constants."""
        return tuple(dict.fromkeys(key for read in op.inputs for key in self.made_of.get(read, ())))

    def needed_by(self, outputs: Sequence[str]) -> set[str]:
        """Return the keys of the tensors that depend on the data and that the outputs depend on."""
        needed: set[str] = set()
        queue = [key for key in outputs if key in self.data]
        while queue:
            key = queue.pop()
            if key not in needed:
                needed.add(key)
                if key in self.ops:
                    queue.extend(read for read in self.ops[key].inputs if read in self.data)
        return needed


class _Builder:
    """Layers and edges as they grow; `index` knows the layer that holds a tensor."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.layers: list[Layer] = []
        self.edges: set[tuple[int, int]] = set()
        self.index: dict[str, int] = {}
        self.names: set[str] = set()

    def add(
        self,
        key: str,
        name: str,
        reads: Sequence[str],
        *,
        kind: str,
        output_bytes: float,
        output_shape: tuple[int, ...] = (),
        operations: float = 0.0,
        parameter_bytes: float = 0.0,
        kernel: tuple[int, int] | None = None,
        stride: tuple[int, int] | None = None,
        padding: tuple[int, int] | None = None,
    ) -> None:
        here = len(self.layers)
        self.index[key] = here
        self.edges.update((self.index[read], here) for read in reads)
        # The first axis is the batch's where its extent says so (window attention, say, folds it into others).
        shape = output_shape[1:] if output_shape and output_shape[0] == self.batch else output_shape
        self.layers.append(
            Layer(
                name=self._unique(name or kind),
                kind=kind,
                operations=operations,
                parameter_bytes=parameter_bytes,
                output_bytes=output_bytes,
                output_shape=shape,
                kernel=kernel,
                stride=stride,
                padding=padding,
            )
        )

    def alias(self, key: str, of: str) -> None:
        self.index[key] = self.index[of]

    def bytes_of(self, key: str) -> float:
        # A view of a constant never gets here: it has been folded.
        return self.layers[self.index[key]].output_bytes if key in self.index else float("inf")

    def _unique(self, name: str) -> str:
        given, count = name, 1
        while given in self.names:
            given, count = f"{name}_{count}", count + 1
        self.names.add(given)
        return given
