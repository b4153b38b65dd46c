"""Write a file whole or not at all: beside its target first, then put in its place."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from instances.errors import InputError

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its place when the block ends well.

    A link is followed, so that what it points to is replaced. Nothing is left behind when the block fails.

    Parameters
    ----------
    path : str or Path
        The target; it may exist.

    Yields
    ------
    binary file
        To write to; it can seek.

    Raises
    ------
    InputError
        If the target cannot be written.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
        file = open(beside, "x+b")  # noqa: SIM115 - closed below, before it is put in place
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path, or no name
        raise InputError(str(path), f"cannot be written ({getattr(error, 'strerror', None) or error})") from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            beside.unlink()
