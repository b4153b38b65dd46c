"""Parameters of generators, cost models and the like: frozen dataclasses, read from ``key=value`` settings."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from instances.errors import InputError

__all__ = ["describe_parameters", "parse_parameters", "settings_of", "text_of"]

Params = TypeVar("Params")
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def parse_parameters(cls: type[Params], settings: Mapping[str, str], where: str) -> Params:
    """Return ``cls(**settings)`` with every text turned into the type of its field.

    Parameters
    ----------
    cls : type
        A dataclass; fields may be int, float, bool, str, tuples of these (``a,b,c``), and optional (``none``).
    settings : mapping of str to str
        What the user set. Integers may be written ``1e6``.
    where : str
        What to call the thing in an error message (``"generator line"``).

    Raises
    ------
    InputError
        If a name is unknown, a text does not fit, or `cls` refuses the value; one line.
    """
    types_of = _types(cls)
    values: dict[str, Any] = {}
    for key, text in settings.items():
        if key not in types_of:
            known = ", ".join(sorted(types_of)) or "none"
            raise InputError(f"{where}, {key}", f"unknown parameter; known are {known}")
        values[key] = _value(types_of[key], text, f"{where}, {key}")
    try:
        return cls(**values)
    except TypeError as error:
        raise InputError(where, str(error)) from None


def describe_parameters(cls: type) -> dict[str, tuple[str, str]]:
    """Return the fields of the dataclass `cls`: name to (type, default), both as text."""
    described: dict[str, tuple[str, str]] = {}
    for item in fields(cls):
        if item.init:
            described[item.name] = (_name(_types(cls)[item.name]), _default(item))
    return described


def settings_of(params: Any) -> dict[str, str]:
    """Return the settings from which `parse_parameters` makes `params` again."""
    return {item.name: text_of(getattr(params, item.name)) for item in fields(params) if item.init}


def _default(item: Field[Any]) -> str:
    value = item.default_factory() if item.default_factory is not MISSING else item.default
    return "required" if value is MISSING else text_of(value)


def text_of(value: Any) -> str:
    """Return `value` as the text that `parse_parameters` reads back."""
    if isinstance(value, tuple):
        return ",".join(map(text_of, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _types(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {item.name: hints[item.name] for item in fields(cls) if item.init}


def _name(kind: Any) -> str:
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_name(one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        return f"{_name(get_args(kind)[0])}, ..."
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    return "none" if kind is type(None) else str(getattr(kind, "__name__", kind))


def _value(kind: Any, text: str, where: str) -> Any:
    if not isinstance(text, str):
        raise InputError(where, "settings must be text", text)
    if get_origin(kind) in (Union, types.UnionType):
        return _optional(kind, text, where)
    if get_origin(kind) is tuple:
        parts = [part.strip() for part in text.split(",")]
        if "" in parts:
            raise InputError(where, "must be a list a,b,c without gaps", text)
        return tuple(_value(get_args(kind)[0], part, where) for part in parts)
    try:
        if kind is bool:
            return _WORDS[text.strip().lower()]
        if kind is int:
            return _whole(text)
        if kind is float:
            return float(text)
    except (KeyError, ValueError, OverflowError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise InputError(where, f"must be {expected}", text) from None
    if get_origin(kind) is Literal and text not in get_args(kind):
        raise InputError(where, f"must be {_name(kind)}", text)
    if kind is str or get_origin(kind) is Literal:
        return text
    raise InputError(where, f"cannot be set from text ({_name(kind)})")


def _optional(kind: Any, text: str, where: str) -> Any:
    inner = [one for one in get_args(kind) if one is not type(None)]
    if len(inner) < len(get_args(kind)) and text.strip().lower() in ("none", "auto"):
        return None
    return _value(inner[0], text, where)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        value = float(text)  # 1e6 is a whole number too
        if not value.is_integer() or abs(value) > 2**53:
            raise
        return int(value)
