"""Damage instance files the way hands, disks and strangers do; for fuzz tests of every reader of them."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

__all__ = ["mutated"]

Mutation = Callable[[bytes, Random], bytes]

WRONG_VALUES: tuple[Any, ...] = (
    None, True, "", "x", "\u2028\n\x1b[31m", "device0", "é" * 300, [], {}, [[]], [1, 2], {"a": 1},
    0, 1, -1, 2, 0.5, -0.5, 1e308, -1e308, 1e-320, -0.0, 2**31, 2**31 - 1, 2**53, 2**63, 2**64, -(2**63), 10**40,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
WRONG_NAMES = (
    "rate_mbps",
    "latency_ms",
    "memory_mb",
    "deadline_ms",
    "speed_ghz",
    "layer_ms",
    "x",
    "comment",
    "`\n",
    "",
)


def mutated(data: bytes, random: Random) -> tuple[str, bytes]:
    """Return what was done to the file `data`, and its damaged bytes; either layout, a pure function of `random`."""
    own = COLUMNAR_MUTATIONS if data.startswith(b"PK") else JSON_MUTATIONS
    mutation = random.choice(BYTE_MUTATIONS + own * 3)
    return mutation.__name__, mutation(data, random)


def flip_bytes(data: bytes, random: Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def overwrite_bytes(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.randbytes(random.choice((1, 4, 32))) + data[at + 4 :]


def truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def drop_slice(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + data[at + random.choice((1, 2, 10, 1000)) :]


def repeat_slice(data: bytes, random: Random) -> bytes:
    at, end = sorted((random.randrange(len(data)), random.randrange(len(data))))
    return data[:end] + data[at:]


def surround(data: bytes, random: Random) -> bytes:
    junk = random.choice((b"\xef\xbb\xbf", b"\0", b"\xff\xfe", b"PK\x03\x04", b"{", b"[" * 100_000, b"NaN"))
    return random.choice((junk + data, data + junk, junk))


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of the document."""
    found: list[tuple[Any, Any]] = []
    stack = [document]
    while stack:
        container = stack.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], (dict, list)):
                stack.append(container[key])
    return found


def _change_somewhere(document: Any, random: Random) -> None:
    """Change one place of the document, and mostly forget its hash so that the change itself is judged."""
    if random.random() < 0.8:
        document.pop("sha256", None)
    places = _places(document)
    # A section first, then a place in it: the long sections would else get all the damage.
    section = random.choice(list(document))
    value = document[section]
    inner = _places(value) if isinstance(value, (dict, list)) else []
    container, key = random.choice(inner or [(document, section)])
    change = random.randrange(8)
    if change == 0:
        del container[key]
    elif change == 1 and isinstance(container, dict):
        container[random.choice(WRONG_NAMES)] = container.pop(key)
    elif change == 2 and isinstance(container, list):
        container.insert(random.randrange(len(container) + 1), container[key])
    elif change == 3 and isinstance(container[key], (int, float)):
        container[key] = -container[key]
    elif change == 4:
        other, there = random.choice(places)
        if there in other if isinstance(other, dict) else there < len(other):
            container[key] = json.loads(json.dumps(other[there]))
    elif change == 5 and isinstance(container, list):
        random.shuffle(container)
    else:
        container[key] = random.choice(WRONG_VALUES)


def _dumped(document: Any) -> bytes:
    return json.dumps(document).encode()


def change_document(data: bytes, random: Random) -> bytes:
    document = json.loads(data)
    for _ in range(random.choice((1, 1, 1, 3))):
        if document:
            _change_somewhere(document, random)
    return _dumped(document)


def cycle_the_network(data: bytes, random: Random) -> bytes:
    document = json.loads(data)
    edges = random.choice(document["networks"])["edges"]
    a, b = random.choice(edges)
    random.choice((edges.append, lambda edge: edges.insert(0, edge)))([b, random.choice((a, b))])
    return _dumped(document)


def change_version(data: bytes, random: Random) -> bytes:
    document = json.loads(data)
    random.choice((document, document["networks"][0]))["schema_version"] = random.choice((0, 2, 99, *WRONG_VALUES))
    return _dumped(document)


def misname_references(data: bytes, random: Random) -> bytes:
    document = json.loads(data)
    rows = random.choice([document[key] for key in ("nodes", "links", "routes", "tasks", "costs")])
    row = random.choice(rows)
    key = random.choice([key for key in ("network", "kind", "source", "target", "resource", "links") if key in row])
    row[key] = [0, 10**6] if key == "links" else random.choice(("nobody", "edge0", "device1", "cloud0"))
    document.pop("sha256")
    return _dumped(document)


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, extra: str | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        if extra is not None:
            archive.writestr(extra, b"more")
    return file.getvalue()


def _npy(values: np.ndarray[Any, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, values, **options)
    return file.getvalue()


def _pick_column(members: dict[str, bytes], random: Random) -> tuple[str, np.ndarray[Any, Any]]:
    name = random.choice([name for name in members if name.endswith(".npy")])
    return name, np.load(io.BytesIO(members[name]))


def change_header(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    members["instance.json"] = change_document(members["instance.json"], random)
    return _zipped(members)


def change_header_version(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    members["instance.json"] = change_version(members["instance.json"], random)
    return _zipped(members)


def change_values(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    header = json.loads(members["instance.json"])
    header.pop("sha256")
    members["instance.json"] = _dumped(header)
    for _ in range(random.choice((1, 1, 4))):
        name, values = _pick_column(members, random)
        if len(values):
            if values.dtype.kind == "f":
                wrong: Any = random.choice((np.nan, np.inf, -np.inf, -1.0, 0.0, 1e308, -1e308))
            else:
                limits = np.iinfo(values.dtype)
                wrong = random.choice((-1, 0, 1, 5, 99, limits.min, limits.max, limits.min + 5))
            values[random.randrange(len(values))] = wrong
            members[name] = _npy(values)
    return _zipped(members)


def change_offsets(data: bytes, random: Random) -> bytes:
    """Offsets whose differences wrap around look as if they rose."""
    members = _unzipped(data)
    name = random.choice(("columns/route_offsets.npy", "columns/candidate_offsets.npy"))
    values = np.load(io.BytesIO(members[name]))
    if len(values) > 3:
        values[1], values[2] = 2**63 - 1, -(2**63) + random.randrange(8)
    members[name] = _npy(values)
    return _zipped(members)


def change_dtype(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    name, values = _pick_column(members, random)
    dtype = random.choice((">i4", "<i8", "<u8", "<f4", "<f8", ">f8", "<c16", "?", "S8", "O", "<M8[s]", "<f2"))
    try:
        with np.errstate(all="ignore"):
            members[name] = _npy(values.astype(dtype), allow_pickle=True)
    except (ValueError, TypeError, OverflowError):
        members[name] = b""
    if random.random() < 0.5:
        header = json.loads(members["instance.json"])
        for column in header["columns"]:
            if column["name"] in name:
                column["dtype"] = dtype
        members["instance.json"] = _dumped(header)
    return _zipped(members)


def change_length(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    name, values = _pick_column(members, random)
    members[name] = _npy(random.choice((values[:-1], np.append(values, values[:1]), values[None], values[:0])))
    return _zipped(members)


def lie_about_rows(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    header = json.loads(members["instance.json"])
    rows = random.choice((0, 1, 2**20, 2**31, 2**31 + 1, 10**12, -1, 2**63))
    chosen = header["columns"] if random.random() < 0.5 else [random.choice(header["columns"])]
    for column in chosen:
        column["rows"] = rows
        column["constant"] = random.random() < 0.8
    members["instance.json"] = _dumped(header)
    return _zipped(members)


def lie_in_npy_header(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    name, _ = _pick_column(members, random)
    lies = (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': True, 'shape': (1L,), }",
        "{'descr': '<f8'}", "(" * 300, "__import__('os')", "{1: ", "\x00", "'''", "    a\n  b", "",
    )  # fmt: skip
    text = random.choice(lies).encode()
    members[name] = b"\x93NUMPY" + bytes((random.choice((1, 1, 1, 2, 9)), 0)) + struct.pack("<H", len(text)) + text
    return _zipped(members)


def change_members(data: bytes, random: Random) -> bytes:
    members = _unzipped(data)
    extra = None
    way = random.randrange(5)
    name = random.choice(list(members))
    if way == 0:
        del members[name]
    elif way == 1:
        members[random.choice(("../evil.npy", "columns/task_colour.npy", "readme.txt"))] = b"x"
    elif way == 2:
        members[name] = b""
    elif way == 3:
        members[name] = bytes(10**7)  # deflates to ten kilobytes
    else:
        extra = name
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that is written twice
        return _zipped(members, method, extra)


def lie_in_directory(data: bytes, random: Random) -> bytes:
    """Change a number in the ZIP's central directory: flags, method, sizes, offset."""
    at = data.index(b"PK\x01\x02")
    starts = [at]
    while (at := data.find(b"PK\x01\x02", at + 4)) > 0:
        starts.append(at)
    start, damaged = random.choice(starts), bytearray(data)
    field, width = random.choice(((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
    value = random.choice((0, 1, 0x41, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, random.randrange(len(data))))
    damaged[start + field : start + field + width] = (value % (1 << (8 * width))).to_bytes(width, "little")
    return bytes(damaged)


BYTE_MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes, overwrite_bytes, truncate, drop_slice, repeat_slice, surround,
)  # fmt: skip
JSON_MUTATIONS: tuple[Mutation, ...] = (
    change_document, change_document, change_document, cycle_the_network, change_version, misname_references,
)  # fmt: skip
COLUMNAR_MUTATIONS: tuple[Mutation, ...] = (
    change_header, change_header, change_header_version, change_values, change_values, change_offsets, change_dtype,
    change_length, lie_about_rows, lie_in_npy_header, change_members, lie_in_directory,
)  # fmt: skip
