"""The error that every bad input ends in: what, where, got, expected, in one line."""

from __future__ import annotations

from typing import Any

__all__ = ["InputError"]

_MAX_SHOWN = 80
_MAX_MESSAGE = 1000


def _one_line(text: str) -> str:
    """Return `text` on one line that any terminal can print: names from files may hold anything."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return line if len(line) <= _MAX_MESSAGE else line[: _MAX_MESSAGE - 3] + "..."


def _shown(got: object) -> str:
    text = " ".join(repr(got).split())
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


class InputError(ValueError):
    """Input that a user can mend; the message is one line.

    Parameters
    ----------
    where : str
        The thing at fault, as the user knows it (``"link edge0->cloud"``, ``"nodes[3].speed"``).
    expected : str
        What would have been accepted (``"rate must be > 0 byte/s"``).
    got : object, optional
        The offending value; shown shortened, on one line.

    Examples
    --------
    >>> str(InputError("link edge0->cloud", "rate must be > 0 byte/s", -3.0))
    'link edge0->cloud: rate must be > 0 byte/s, got -3.0'
    """

    def __init__(self, where: str, expected: str, *got: object) -> None:
        tail = f", got {_shown(got[0])}" if got else ""
        super().__init__(_one_line(f"{where}: {expected}{tail}"))
        self.where = where
        self.expected = expected

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the message as it is where the error crosses to another process."""
        return _restored, (str(self), self.where, self.expected)


def _restored(message: str, where: str, expected: str) -> InputError:
    error = InputError(where, expected)
    error.args = (message,)
    return error
