"""Packages that only some imports need."""

from __future__ import annotations

import importlib
from typing import Any

from instances.errors import InputError

__all__ = ["require"]


def require(module: str, extra: str) -> Any:
    """Return the imported `module`, or say how to install it.

    Parameters
    ----------
    module : str
        Dotted name of a module of an optional package.
    extra : str
        The extra of this package that brings it.

    Raises
    ------
    InputError
        If the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise InputError(f"package {package}", f"must be installed: pip install tiercut[{extra}]") from None
