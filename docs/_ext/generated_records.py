"""Records of the file formats from the structures that read them."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
from markdown_tables import table

from experiments.plan_file import plan_schema
from instances.files.document import InstanceDocument
from instances.networks.files import NetworkDocument

__all__ = ["instance_records", "network_records", "plan_records"]

_NETWORK = ("NetworkDocument", "LayerRecord", "ExitRecord", "VariantRecord")


def instance_records() -> str:
    """Return the records of an instance file, those of its networks left out."""
    return _records(msgspec.json.schema(InstanceDocument)["$defs"], without=_NETWORK)


def network_records() -> str:
    """Return the records of a network file."""
    return _records(msgspec.json.schema(NetworkDocument)["$defs"])


def plan_records() -> str:
    """Return the records of a plan file."""
    return _records(plan_schema()["$defs"])


def _records(definitions: dict[str, Any], without: tuple[str, ...] = ()) -> str:
    order = sorted(definitions, key=lambda name: not name.endswith(("Document", "File")))
    parts = []
    for name in order:
        if name in without:
            continue
        record = definitions[name]
        doc = inspect.cleandoc(record.get("description", "")).replace("\n", " ")
        needed = record.get("required", [])
        rows = [
            (f"`{field}`", _type(rule), "required" if field in needed else _default(rule), _note(rule))
            for field, rule in record["properties"].items()
        ]
        # a column in which nothing stands is left out
        width = 4 if any(row[3] for row in rows) else 3
        shown = table(("field", "type", "default", "meaning")[:width], [row[:width] for row in rows])
        parts.append(f"**{name}.** {doc}\n\n{shown}")
    return "\n".join(parts)


def _default(rule: dict[str, Any]) -> str:
    return f"`{msgspec.json.encode(rule['default']).decode()}`" if "default" in rule else "none"


def _note(rule: dict[str, Any]) -> str:
    notes = [rule.get("description", "")] + [one.get("description", "") for one in rule.get("anyOf", [])]
    return "; ".join(filter(None, notes))


def _type(rule: dict[str, Any]) -> str:
    if "anyOf" in rule:
        return " or ".join(_type(one) for one in rule["anyOf"])
    if "$ref" in rule:
        return rule["$ref"].rsplit("/", 1)[-1]
    if "enum" in rule:
        return ", ".join(f"`{msgspec.json.encode(value).decode()}`" for value in rule["enum"])
    kind = str(rule.get("type", "any"))
    if kind == "array":
        inner = rule.get("items") or {}
        if "prefixItems" in rule:
            return "[" + ", ".join(_type(one) for one in rule["prefixItems"]) + "]"
        return f"list of {_type(inner)}" if inner else "list"
    bounds = [
        f"{sign} {rule[key]:g}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if key in rule and abs(rule[key]) < 1e6
    ]
    return " ".join([kind, ", ".join(bounds)]).strip()
