"""The columnar layout: a ZIP of one JSON header and one ``.npy`` member a column.

A constant column is stored as its first value. What a file may make its reader allocate is bounded by the
file's own size before anything is allocated, so a small file cannot ask for much memory.
"""

from __future__ import annotations

import io
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec
import numpy as np

from instances.columns import Array
from instances.errors import InputError
from instances.files.decoding import decode_document
from instances.files.document import ColumnarHeader, ColumnRecord
from instances.files.parts import head_fields, instance_from, kinds_from, networks_from, resources_from
from instances.instance import Instance
from instances.system import SYSTEM_DTYPES, System
from instances.workload import WORKLOAD_DTYPES, Workload

__all__ = ["MAGIC", "read_columnar", "write_columnar"]

MAGIC = b"PK\x03\x04"

_HEADER = "instance.json"
_DTYPES = {name: np.dtype(dtype).newbyteorder("<") for name, dtype in (SYSTEM_DTYPES | WORKLOAD_DTYPES).items()}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK_BYTES = 1 << 22
_SAMPLE_BYTES = 1 << 16
# A file may unfold to this many times its size, plus a little that any file may use.
_MOST_GROWTH = 64
_FREE_BYTES = 1 << 24
_NPY_HEADER_BYTES = 1000
_DAMAGED = (
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    Warning,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


def write_columnar(instance: Instance, file: BinaryIO) -> None:
    """Write `instance` to `file`; the bytes depend on the instance alone.

    Parameters
    ----------
    instance : Instance
        What to write.
    file : binary file
        Opened for reading and writing, empty.

    Raises
    ------
    InputError
        If a name or the provenance cannot be written as JSON.
    """
    columns = dict(_columns_of(instance))
    constant = {name: len(values) > 1 and _is_constant(values) for name, values in columns.items()}
    if _write(instance, file, columns, constant, zipfile.ZIP_DEFLATED) > _allowance(file.tell()):
        # So regular that it unfolds further than a reader accepts: write it plain.
        file.seek(0)
        file.truncate()
        _write(instance, file, columns, dict.fromkeys(columns, False), zipfile.ZIP_STORED)


def read_columnar(file: BinaryIO) -> Instance:
    """Read an instance from `file`.

    Raises
    ------
    InputError
        If the file is damaged, asks for more memory than its size justifies, or is not a valid instance.
    """
    try:
        size = file.seek(0, io.SEEK_END)
        with zipfile.ZipFile(file) as archive:
            members = _members(archive)
            _check_growth(sum(info.file_size for info in members.values()), size)
            head = decode_document(_member(archive, members.pop(_HEADER)), ColumnarHeader)
            records = _column_records(head, members)
            _check_growth(sum(r.rows * _DTYPES[r.name].itemsize for r in records), size)
            columns = {r.name: _column(archive, members[f"columns/{r.name}.npy"], r) for r in records}
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError("container", f"is damaged or cut short ({str(error)[:100]})") from None
    networks = networks_from(head)
    system = System(
        kinds=kinds_from(head),
        resources=resources_from(head),
        node_names=head.node_names,
        **{name: columns[name] for name in SYSTEM_DTYPES},
    )
    workload = Workload(**{name: columns[name] for name in WORKLOAD_DTYPES})
    return instance_from(head, networks, system, workload)


def _columns_of(instance: Instance) -> Iterator[tuple[str, Array]]:
    for owner, names in ((instance.system, SYSTEM_DTYPES), (instance.workload, WORKLOAD_DTYPES)):
        for name in names:
            yield name, np.ascontiguousarray(getattr(owner, name), dtype=_DTYPES[name])


def _is_constant(values: Array) -> bool:
    bits = values.view(f"u{values.itemsize}")  # so that NaN equals NaN
    return bool((bits == bits[0]).all())


def _shrinks(values: Array) -> bool:
    """Say whether a sample deflates well; random floats hardly do and would take most of the time."""
    sample = values[: _SAMPLE_BYTES // values.itemsize].tobytes()
    return len(zlib.compress(sample, 1)) < 0.8 * len(sample)


def _allowance(size: int) -> int:
    return _MOST_GROWTH * size + _FREE_BYTES


def _check_growth(unfolded: int, size: int) -> None:
    if unfolded > _allowance(size):
        raise InputError(
            "container", f"must not unfold from {size} bytes to more than {_allowance(size)} bytes", unfolded
        )


def _write(
    instance: Instance, file: BinaryIO, columns: dict[str, Array], constant: dict[str, bool], method: int
) -> int:
    """Write the container; return the bytes that it unfolds to."""
    records = tuple(
        ColumnRecord(name=name, dtype=values.dtype.str, rows=len(values), constant=constant[name])
        for name, values in columns.items()
    )
    try:
        header = msgspec.json.encode(
            ColumnarHeader(
                **head_fields(instance), layout="columnar", node_names=instance.system.node_names, columns=records
            )
        )
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError) as error:
        raise InputError("instance", f"cannot be written as JSON ({error})") from None
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_entry(_HEADER), header, method, 1)
        for name, values in columns.items():
            written = values[:1] if constant[name] else values
            way = method if _shrinks(written) else zipfile.ZIP_STORED
            npy = io.BytesIO()
            np.lib.format.write_array(npy, written, version=(1, 0), allow_pickle=False)
            archive.writestr(_entry(f"columns/{name}.npy"), npy.getbuffer(), way, 1)
    return len(header) + sum(values.nbytes for values in columns.values())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # its date is 1980-01-01: the bytes must not depend on the clock
    entry.external_attr = 0o644 << 16
    return entry


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in members:
            raise InputError("container", "must not hold a member twice", info.filename)
        if info.flag_bits & 0x1 or info.compress_type not in _METHODS:
            raise InputError("container", "members must be stored or deflated, and not encrypted", info.filename)
        members[info.filename] = info
    if _HEADER not in members:
        raise InputError("container", f"must hold the member {_HEADER}", sorted(members)[:3])
    return members


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
        if len(data) != info.file_size:
            raise InputError("container", f"member {info.filename} must have {info.file_size} bytes", len(data))
        return data


def _column_records(head: ColumnarHeader, members: dict[str, zipfile.ZipInfo]) -> tuple[ColumnRecord, ...]:
    names = [record.name for record in head.columns]
    for listed, there in (
        (names, list(_DTYPES)),
        (list(members), [f"columns/{name}.npy" for name in _DTYPES]),
    ):
        if len(set(listed)) != len(listed):
            raise InputError("columns", "must not list a column twice", listed)
        for name in listed:
            if name not in there:
                raise InputError("container", "must hold no other columns and members", name)
        for name in there:
            if name not in listed:
                raise InputError("container", f"must hold {name}")
    for row, record in enumerate(head.columns):
        where, wanted = f"columns[{row}] ({record.name})", _DTYPES[record.name].str
        if record.dtype != wanted:
            raise InputError(f"{where}.dtype", f'must be "{wanted}"', record.dtype)
        if record.constant and not record.rows:
            raise InputError(f"{where}.rows", "must be > 0 for a constant column", record.rows)
    return head.columns


def _column(archive: zipfile.ZipFile, info: zipfile.ZipInfo, record: ColumnRecord) -> Array:
    """Return one column, read-only; nothing is allocated before its size is known to be honest."""
    where, dtype = f"column {record.name}", _DTYPES[record.name]
    stored = 1 if record.constant else record.rows
    surplus = info.file_size - stored * dtype.itemsize
    if not 0 < surplus <= _NPY_HEADER_BYTES:
        raise InputError(where, f"must hold {stored} values of {dtype.str}", f"{info.file_size} bytes")
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise InputError(where, "must be an .npy member of version 1.0")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            shape, _, found = np.lib.format.read_array_header_1_0(member, max_header_size=_NPY_HEADER_BYTES)
        if found != dtype or shape != (stored,):
            raise InputError(where, f"must have dtype {dtype.str} and shape {(stored,)}", (str(found)[:30], shape))
        values = np.empty(stored, dtype=dtype)
        raw, filled = values.view(np.uint8), 0
        while filled < len(raw):
            piece = member.read(min(_CHUNK_BYTES, len(raw) - filled))
            if not piece:
                raise InputError(where, f"must hold {stored} values of {dtype.str}", f"{filled} bytes")
            raw[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
            filled += len(piece)
        if member.read(1):  # reading to the end also verifies the checksum
            raise InputError(where, f"must hold no more than {stored} values")
    column: Any = np.full(record.rows, values[0], dtype=dtype) if record.constant else values
    return np.ascontiguousarray(column)
