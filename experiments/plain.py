"""Plain data: what goes into identities, the store and JSON output, in one canonical spelling."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

__all__ = ["canonical", "digest", "plain"]


def plain(value: Any) -> Any:
    """Return `value` as dictionaries, lists, text, numbers, true, false and null.

    Dataclasses become dictionaries, tuples and arrays lists; a number that JSON does not know becomes text
    (``"inf"``), and anything else its text.

    Examples
    --------
    >>> plain({"a": (1, float("inf"))})
    {'a': [1, 'inf']}
    """
    kind = type(value)
    if (
        value is None or kind is str or kind is int or kind is bool
    ):  # most of what there is, and large studies have much
        return value
    if kind is dict:
        return {key if type(key) is str else str(key): plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=canonical)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)


def canonical(value: Any) -> str:
    """Return `value` as the one JSON text that stands for it: sorted keys, no spaces."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical text of `value`, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
