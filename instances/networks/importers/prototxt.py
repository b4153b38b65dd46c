"""Protocol buffers in text form, as far as network definitions use them: parsed into plain data, without a schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from instances.errors import InputError

__all__ = ["Message", "parse_prototxt", "read_prototxt"]

Message = dict[str, list[Any]]
"""Fields by name, each with all its values in the order given: numbers, texts, booleans or messages."""

_TOKEN = re.compile(
    r"""[\s,;]+ | \#[^\n]*
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?(?![\w.]))
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>[{}:<>])""",
    re.VERBOSE,
)
_MOST_DEEP = 50


def read_prototxt(path: str | Path) -> Message:
    """Read a text-format file; as `parse_prototxt`."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"not a text in UTF-8 ({error})") from None
    return parse_prototxt(text, str(path))


def parse_prototxt(text: str, where: str = "prototxt") -> Message:
    """Return the fields of a message in text form.

    Raises
    ------
    InputError
        With the line, where the text is none.

    Examples
    --------
    >>> parse_prototxt('name: "net" layer { top: "a" top: "b" }')
    {'name': ['net'], 'layer': [{'top': ['a', 'b']}]}
    """
    tokens = _tokens(text, where)
    found: Message = {}
    open_messages = [found]
    at = 0

    def wrong(index: int, expected: str) -> InputError:
        kind, value, line = tokens[index] if index < len(tokens) else ("", "the end", text.count("\n") + 1)
        del kind
        return InputError(f"{where}, line {line}", expected, value)

    while at < len(tokens):
        kind, value, _ = tokens[at]
        if kind == "sign" and value in "}>" and len(open_messages) > 1:
            open_messages.pop()
            at += 1
            continue
        if kind != "word":
            raise wrong(at, "must be the name of a field")
        colon = at + 1 < len(tokens) and tokens[at + 1][1] == ":" and tokens[at + 1][0] == "sign"
        after = at + 1 + colon
        if after < len(tokens) and tokens[after][0] == "sign" and tokens[after][1] in "{<":
            if len(open_messages) > _MOST_DEEP:
                raise wrong(after, f"messages must not be nested more than {_MOST_DEEP} deep")
            inner: Message = {}
            open_messages[-1].setdefault(value, []).append(inner)
            open_messages.append(inner)
        elif colon and after < len(tokens) and tokens[after][0] != "sign":
            open_messages[-1].setdefault(value, []).append(_value(*tokens[after][:2]))
        else:
            raise wrong(after, f"field {value} must have a value")
        at = after + 1
    if len(open_messages) > 1:
        raise wrong(at, "a message must be closed")
    return found


def _tokens(text: str, where: str) -> list[tuple[str, str, int]]:
    """Return (kind, text, line) of every token."""
    found = []
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InputError(f"{where}, line {line}", "must be a protocol buffer in text form", text[at : at + 10])
        if match.lastgroup is not None:
            found.append((match.lastgroup, match.group(), line))
        line += match.group().count("\n")
        at = match.end()
    return found


def _value(kind: str, text: str) -> Any:
    if kind == "text":
        return text[1:-1]
    if kind == "word":
        return {"true": True, "false": False}.get(text, text)
    plain = text.rstrip("fF")
    return int(plain) if re.fullmatch(r"[-+]?\d+", plain) else float(plain)
