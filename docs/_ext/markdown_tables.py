"""Markdown tables, and what the docstrings of parameter classes say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from instances.parameters import describe_parameters

__all__ = ["parameter_table", "parameter_texts", "table", "text"]


def text(value: object) -> str:
    """Return `value` such that it stays in its cell."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], align: str = "") -> str:
    """Return a Markdown table; `align` has a letter (l, r) for each column."""
    letters = align or "l" * len(headings)
    rule = ["---:" if letter == "r" else ":---" for letter in letters]
    lines = [list(headings), rule, *([text(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def parameter_texts(cls: type) -> dict[str, str]:
    """Return what the numpydoc sections "Parameters" of `cls` and its bases say, by parameter."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        doc = one.__doc__
        if not doc or "Parameters\n" not in doc:
            continue
        section = inspect.cleandoc(doc).split("Parameters\n----------\n", 1)[-1]
        section = re.split(r"\n\n?\w+\n-+\n", section, maxsplit=1)[0]
        names: list[str] = []
        for line in section.splitlines():
            head = re.match(r"([\w, ]+?) : ", line)
            if head:
                names = [name.strip() for name in head[1].split(",")]
                found.update(dict.fromkeys(names, ""))
            elif line.strip():
                for name in names:
                    found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def parameter_table(cls: type, *, own: bool = False) -> str:
    """Return a table of the parameters of the dataclass `cls`: those that it declares itself if `own`."""
    texts = parameter_texts(cls)
    kept = vars(cls).get("__annotations__", {}) if own else None
    rows = [
        (f"`{name}`", kind, f"`{default}`" if default else "empty", texts.get(name, ""))
        for name, (kind, default) in describe_parameters(cls).items()
        if kept is None or name in kept
    ]
    return table(("parameter", "type", "default", "meaning"), rows) if rows else "It has no parameters.\n"
