"""Plugins: a user's own Python files, loaded because the user asked for them."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from instances.errors import InputError

__all__ = ["load_plugin", "load_plugins", "plugin_files"]

_LOADED: list[str] = []


def load_plugins(paths: Iterable[str | Path]) -> None:
    """Load each file once; what it registers is then known by name."""
    for path in paths:
        load_plugin(path)


def load_plugin(path: str | Path) -> str:
    """Run the Python file at `path` as a module and return the module's name.

    A file is run once a process, and so are copies of it. It registers methods, generators, cost models, families or metrics with the
    same decorators that the workbench uses itself.

    Raises
    ------
    InputError
        If the file is not there, is not a ``.py`` file or fails; the message names the line.
    """
    file = Path(path).resolve()
    if file.suffix != ".py" or not file.is_file():
        raise InputError("plugin", "must be a Python file (.py) that exists", str(path))
    # the name is the content's own, so that registries see the same class in every process and on every machine
    name = f"tiercut_plugin_{file.stem}_{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
    if name in sys.modules:
        return name
    imported = _imported_as(file)
    if imported is not None:  # the script that runs, or a module the user imported: it has registered its own already
        if str(file) not in _LOADED:
            _LOADED.append(str(file))
        return imported
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError("plugin", "cannot be loaded", str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # a script that ends with sys.exit is no plugin either
        del sys.modules[name]
        if isinstance(error, InputError | KeyboardInterrupt):
            raise
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else 0
        raise InputError(f"plugin {path}, line {line}", f"{type(error).__name__}: {error}") from None
    _LOADED.append(str(file))
    return name


def _imported_as(file: Path) -> str | None:
    """Return the name under which this process has imported `file` already, if it has."""
    for name, module in list(sys.modules.items()):
        known = getattr(module, "__file__", None)
        if isinstance(known, str) and known.endswith(file.name) and Path(known).resolve() == file:
            return name
    return None


def plugin_files() -> tuple[str, ...]:
    """Return the files that were loaded in this process."""
    return tuple(_LOADED)
