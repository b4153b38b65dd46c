"""Network files: one strict JSON document per network, one layer a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from instances.errors import InputError
from instances.networks.graph import Exit, Layer, NetworkGraph, Variant

__all__ = [
    "ExitRecord",
    "LayerRecord",
    "NetworkDocument",
    "VariantRecord",
    "decode_network",
    "document_of",
    "encode_network",
    "network_of",
    "read_network",
    "write_network",
]

FORMAT: Literal["tiercut-network"] = "tiercut-network"
SCHEMA_VERSION: Literal[1] = 1

# JSON knows neither NaN nor infinity and msgspec refuses numbers beyond a double, so the bounds below make
# every number finite. Integers stay below 2^53, where every reader of JSON keeps them exact.
Name = Annotated[str, msgspec.Meta(min_length=1)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
Factor = Annotated[float, msgspec.Meta(gt=0)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Index = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Extent = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Padding = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class LayerRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A layer as it stands in a file; the fields are those of `instances.networks.graph.Layer`."""

    name: Name
    kind: Name
    operations: Amount  # required, as msgspec omits a default by identity and equal networks must encode alike
    parameter_bytes: Amount
    output_bytes: Amount
    output_shape: tuple[Extent, ...] = ()
    kernel: tuple[Extent, Extent] | None = None
    stride: tuple[Extent, Extent] | None = None
    padding: tuple[Padding, Padding] | None = None


class ExitRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An early exit as it stands in a file; the fields are those of `instances.networks.graph.Exit`."""

    name: Name
    after: Index
    accuracy: Fraction
    operations: Amount = 0.0
    parameter_bytes: Amount = 0.0
    leave_share: Fraction = 1.0


class VariantRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version as it stands in a file; the fields are those of `instances.networks.graph.Variant`."""

    name: Name
    accuracy: Fraction
    compute_factor: Factor = 1.0
    parameter_factor: Factor = 1.0
    output_factor: Factor = 1.0


class NetworkDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A network as it stands in a file (``format`` and ``schema_version`` are required there).

    The fields are those of `instances.networks.graph.NetworkGraph`; ``edges`` holds pairs of layer indices.
    """

    format: Literal["tiercut-network"]
    schema_version: Literal[1]
    name: Name
    source: str = ""
    accuracy: Fraction | None = None
    layers: tuple[LayerRecord, ...]
    edges: tuple[tuple[Index, Index], ...]
    exits: tuple[ExitRecord, ...] = ()
    variants: tuple[VariantRecord, ...] = ()


def document_of(net: NetworkGraph) -> NetworkDocument:
    """Return the document that stands for `net` in a file.

    Parameters
    ----------
    net : NetworkGraph
        Any network.

    Returns
    -------
    NetworkDocument
        ``network_of(document_of(net))`` equals `net` field by field.
    """
    return NetworkDocument(
        format=FORMAT,
        schema_version=SCHEMA_VERSION,
        name=net.name,
        source=net.source,
        accuracy=None if net.accuracy is None else float(net.accuracy),
        layers=tuple(
            LayerRecord(
                name=layer.name,
                kind=layer.kind,
                operations=float(layer.operations),
                parameter_bytes=float(layer.parameter_bytes),
                output_bytes=float(layer.output_bytes),
                output_shape=layer.output_shape,
                kernel=layer.kernel,
                stride=layer.stride,
                padding=layer.padding,
            )
            for layer in net.layers
        ),
        edges=tuple((int(a), int(b)) for a, b in net.edges),
        exits=tuple(
            ExitRecord(
                name=ex.name,
                after=int(ex.after),
                accuracy=float(ex.accuracy),
                operations=float(ex.operations),
                parameter_bytes=float(ex.parameter_bytes),
                leave_share=float(ex.leave_share),
            )
            for ex in net.exits
        ),
        variants=tuple(
            VariantRecord(
                name=var.name,
                accuracy=float(var.accuracy),
                compute_factor=float(var.compute_factor),
                parameter_factor=float(var.parameter_factor),
                output_factor=float(var.output_factor),
            )
            for var in net.variants
        ),
    )


def network_of(doc: NetworkDocument) -> NetworkGraph:
    """Return the network that `doc` describes.

    Parameters
    ----------
    doc : NetworkDocument
        A decoded document.

    Returns
    -------
    NetworkGraph
        The network, validated.

    Raises
    ------
    InputError
        If the layers and edges are not a valid network.
    """
    return NetworkGraph(
        name=doc.name,
        source=doc.source,
        accuracy=doc.accuracy,
        layers=tuple(Layer(**msgspec.structs.asdict(layer)) for layer in doc.layers),
        edges=doc.edges,
        exits=tuple(Exit(**msgspec.structs.asdict(ex)) for ex in doc.exits),
        variants=tuple(Variant(**msgspec.structs.asdict(var)) for var in doc.variants),
    )


def encode_network(net: NetworkGraph) -> bytes:
    """Return `net` as the bytes of a network file: UTF-8 JSON, one layer a line."""
    doc = document_of(net)
    one = msgspec.json.encode
    head = {
        "format": doc.format,
        "schema_version": doc.schema_version,
        "name": doc.name,
        "source": doc.source,
        "accuracy": doc.accuracy,
    }
    parts = [b",\n".join(one(key) + b":" + one(value) for key, value in head.items())]
    for key, rows in (("layers", doc.layers), ("edges", doc.edges), ("exits", doc.exits), ("variants", doc.variants)):
        per_line = 12 if key == "edges" else 1
        cells = [one(row) for row in rows]
        lines = [b",".join(cells[i : i + per_line]) for i in range(0, len(cells), per_line)]
        parts.append(one(key) + (b":[\n" + b",\n".join(lines) + b"\n]" if lines else b":[]"))
    return b"{" + b",\n".join(parts) + b"}\n"


def decode_network(data: bytes, where: str) -> NetworkGraph:
    """Return the network that the bytes of a network file hold.

    Parameters
    ----------
    data : bytes
        UTF-8 JSON.
    where : str
        What to call the file in an error message.

    Raises
    ------
    InputError
        If `data` is not JSON, not a network document, or not a valid network.
    """
    try:
        doc = msgspec.json.decode(data, type=NetworkDocument)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(where, f"not a network file: {error}") from None
    try:
        return network_of(doc)
    except InputError as error:
        raise InputError(where, str(error)) from None


def read_network(path: str | Path) -> NetworkGraph:
    """Read a network file.

    Parameters
    ----------
    path : str or Path
        A file that `write_network` wrote, or one by hand in its format.

    Returns
    -------
    NetworkGraph
        The network.

    Raises
    ------
    InputError
        If the file cannot be read or is not a valid network; the message names the file and the place in it.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(str(path), f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    return decode_network(data, str(path))


def write_network(net: NetworkGraph, path: str | Path) -> None:
    """Write `net` as a network file; the bytes depend on `net` alone.

    Parameters
    ----------
    net : NetworkGraph
        The network.
    path : str or Path
        Where to; an existing file is replaced.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        Path(path).write_bytes(encode_network(net))
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror or error})") from None
