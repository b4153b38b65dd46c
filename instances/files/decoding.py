"""From the bytes of a document to its records, with an error that says where, got and expected."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from instances.errors import InputError
from instances.files.document import (
    FORMAT,
    READABLE_VERSIONS,
    CandidateRecord,
    ColumnRecord,
    CostRecord,
    InstanceHead,
    KindRecord,
    LinkRecord,
    NodeRecord,
    ResourceRecord,
    RouteRecord,
    TaskRecord,
)
from instances.files.unit_hints import hint_for, with_unit
from instances.networks.files import ExitRecord, LayerRecord, NetworkDocument, VariantRecord

__all__ = ["decode_document"]

Head = TypeVar("Head", bound=InstanceHead)

_RECORDS: dict[str, type[msgspec.Struct]] = {
    "networks": NetworkDocument,
    "layers": LayerRecord,
    "exits": ExitRecord,
    "variants": VariantRecord,
    "kinds": KindRecord,
    "resources": ResourceRecord,
    "costs": CostRecord,
    "nodes": NodeRecord,
    "links": LinkRecord,
    "routes": RouteRecord,
    "tasks": TaskRecord,
    "candidates": CandidateRecord,
    "columns": ColumnRecord,
}
_NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Version(msgspec.Struct):
    """The two fields that are read before anything else; all others are skipped."""

    format: Any = None
    schema_version: Any = None


def decode_document(data: bytes, record: type[Head]) -> Head:
    """Decode `data` as `record`.

    Parameters
    ----------
    data : bytes
        UTF-8 JSON, with or without a byte-order mark.
    record : type
        `InstanceDocument` or `ColumnarHeader`.

    Returns
    -------
    record
        The decoded document; references in it are not resolved yet.

    Raises
    ------
    InputError
        If `data` is not JSON, is another format or version, or a field is missing, unknown or out of range.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        version = msgspec.json.decode(data, type=_Version)
    except _NOT_JSON as error:
        raise _malformed(data, error) from None
    if version.format != FORMAT:
        raise InputError("format", f'must be "{FORMAT}"', version.format)
    number = version.schema_version
    if isinstance(number, bool) or not isinstance(number, int) or number not in READABLE_VERSIONS:
        readable = ", ".join(map(str, READABLE_VERSIONS))
        raise InputError("schema_version", f"this release reads version {readable}", number)
    try:
        return msgspec.json.decode(data, type=record)
    except msgspec.ValidationError as error:
        raise _invalid(data, str(error), record) from None
    except _NOT_JSON as error:
        raise _malformed(data, error) from None


def _malformed(data: bytes, error: Exception) -> InputError:
    if isinstance(error, RecursionError):
        return InputError("document", "must not be nested so deeply")
    if isinstance(error, UnicodeDecodeError):
        return InputError("document", "must be UTF-8 text")
    text = str(error)
    byte = re.search(r"\(byte (\d+)\)$", text)
    if byte is None:
        expected = "is cut short" if "truncated" in text else f"must be a JSON object ({text})"
        return InputError("document", expected)
    at = int(byte[1])
    line = data.count(b"\n", 0, at) + 1
    near = data[max(0, at - 8) : at + 8]
    hint = "; NaN and Infinity are not JSON, write null" if re.search(rb"NaN|Inf", near) else ""
    return InputError(f"line {line}", f"must be JSON{hint}", near.decode("utf-8", "replace"))


def _invalid(data: bytes, text: str, record: type[msgspec.Struct]) -> InputError:
    message, _, path = text.rpartition(" - at `$")
    if not message:
        message, path = text, ""
    where = path.rstrip("`").lstrip(".") or "document"
    steps = re.findall(r"([A-Za-z_0-9]+)|\[(\d+)\]", where) if path else []
    owner = [word for word, _ in steps if word in _RECORDS]
    unknown = re.search(r"unknown field `(.*)`$", message, re.DOTALL)
    try:
        raw, named = _follow(msgspec.json.decode(data), steps)
    except _NOT_JSON:  # a number that only a typed decoder can hold
        return InputError(where, message)
    if named:
        where = f"{where} ({named})"
    nearest = _RECORDS[owner[-1]] if owner else record
    if unknown:
        return InputError(where, f"does not know the field {unknown[1][:60]!r}: {hint_for(unknown[1], nearest)}")
    missing = re.search(r"missing required field `(\w+)`$", message)
    if missing:
        return InputError(where, f"needs the field {with_unit(missing[1])}")
    if message.startswith("Invalid enum value"):
        allowed = get_args(get_type_hints(nearest)[steps[-1][0]])
        return InputError(where, f"must be {' or '.join(str(value) for value in allowed)}", raw)
    if message.startswith("Expected"):
        expected = message[0].lower() + message[1:].partition(", got ")[0]
        return InputError(where, expected.replace("`", ""), raw)
    return InputError(where, message.replace("`", ""))


def _follow(raw: Any, steps: list[tuple[str, str]]) -> tuple[Any, str]:
    """Walk `steps` into the plain document; return the value there and the name of the last named thing passed."""
    named = ""
    for word, row in steps:
        try:
            raw = raw[word] if word else raw[int(row)]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(raw, dict):
            if isinstance(raw.get("name"), str):
                named = raw["name"][:60]
            elif isinstance(raw.get("source"), str) and isinstance(raw.get("target"), str):
                named = f"{raw['source'][:30]}->{raw['target'][:30]}"
    return raw, named
