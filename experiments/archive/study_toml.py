"""A study as TOML, so that an archive holds the very file that `tiercut compare` reads."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["study_toml"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def study_toml(document: Mapping[str, Any]) -> str:
    """Return the plain data of a study (`Study.as_dict`) as TOML.

    Examples
    --------
    >>> print(study_toml({"name": "small", "seed": 1, "budget": {"seconds": 2.0}}), end="")
    name = "small"
    seed = 1
    <BLANKLINE>
    [budget]
    seconds = 2.0
    """
    lines = [f"{_key(key)} = {_value(value)}" for key, value in document.items() if not _is_table(value)]
    for key, value in document.items():
        if _is_table(value):
            tables = [("[{}]", value)] if isinstance(value, Mapping) else [("[[{}]]", item) for item in value]
            for form, table in tables:
                lines += ["", form.format(_key(key))]
                lines += [f"{_key(name)} = {_value(item)}" for name, item in table.items()]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(str(k))} = {_value(v)}' for k, v in value.items())} }}"
    return _text(str(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
