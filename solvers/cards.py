"""Cards of the workbench's own methods, read from their source: tables name kind and citation without any solver loaded."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Card", "card_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Kind and citation as a method's ``@register`` states them."""

    kind: str
    citation: str


def card_of(name: str) -> Card | None:
    """Return the card of method `name`, or None where it is no method of the workbench.

    The registry imports every solver; this imports nothing.
    """
    return _cards().get(name)


@cache
def _cards() -> dict[str, Card]:
    found = {}
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "@register(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            for call in node.decorator_list if isinstance(node, ast.ClassDef) else ():
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "register":
                    given = {word.arg: word.value for word in call.keywords}
                    found[_text(call.args[0])] = Card(kind=_text(given["kind"]), citation=_text(given.get("citation")))
    return found


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
