"""The registry of methods: one decorator to enter it, one call to make a method."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import inspect
import pkgutil
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from instances.errors import InputError
from solvers.contract import Method

__all__ = ["MethodEntry", "entry", "make", "method_names", "register"]

Kind = Literal["exact", "bound", "metaheuristic", "matching", "local-search", "rule", "learned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodEntry:
    """A registered method.

    `deterministic` says that the plan does not depend on the seed; `anytime` that it reports
    incumbents as it goes; `uses_evaluations` that it honours ``Budget.evaluations``.
    """

    name: str
    kind: Kind
    cls: type
    summary: str
    citation: str
    deterministic: bool
    anytime: bool
    uses_evaluations: bool

    @property
    def version(self) -> str:
        """A hash of the source of the packages that the method runs on, so that resume never mixes code."""
        return f"{_sources('solvers', 'formulations', 'instances')}{_own_source(self.cls)}"


_REGISTRY: dict[str, MethodEntry] = {}
M = TypeVar("M", bound=type)


def register(
    name: str,
    *,
    kind: Kind,
    citation: str = "",
    deterministic: bool = False,
    anytime: bool = False,
    uses_evaluations: bool = False,
) -> Callable[[M], M]:
    """Enter a method class under `name`; its first docstring line becomes its summary."""
    if kind not in get_args(Kind):
        raise ValueError(f"method {name}: kind must be one of {get_args(Kind)}, got {kind!r}")

    def enter(cls: M) -> M:
        known = _REGISTRY.get(name)
        if known is not None and (known.cls.__module__, known.cls.__qualname__) != (cls.__module__, cls.__qualname__):
            raise InputError(f"method {name}", "the name is taken by another method", known.cls.__module__)
        for attribute in ("Params", "families", "decline", "solve"):
            if not hasattr(cls, attribute):
                raise InputError(f"method {name}", f"the class must have `{attribute}`")
        _REGISTRY[name] = MethodEntry(
            name=name,
            kind=kind,
            cls=cls,
            summary=(inspect.getdoc(cls) or "").split("\n")[0],
            citation=citation,
            deterministic=deterministic,
            anytime=anytime,
            uses_evaluations=uses_evaluations,
        )
        return cls

    return enter


@cache
def _load_all() -> None:
    import solvers

    for module in pkgutil.walk_packages(solvers.__path__, "solvers."):
        importlib.import_module(module.name)


def method_names() -> tuple[str, ...]:
    """Return the names of all registered methods, sorted."""
    _load_all()
    return tuple(sorted(_REGISTRY))


def entry(name: str) -> MethodEntry:
    """Return the entry of method `name`.

    Raises
    ------
    InputError
        If there is none; the message names the nearest.
    """
    _load_all()
    if name not in _REGISTRY:
        near = difflib.get_close_matches(name, _REGISTRY, 3, 0.4) or sorted(_REGISTRY)
        raise InputError("method", f"must be a registered method, such as {', '.join(near)}", name)
    return _REGISTRY[name]


def make(name: str, params: Mapping[str, Any] | None = None) -> Method:
    """Make method `name` with `params`; text values are read by the parameter's type."""
    chosen = entry(name)
    method: Method = chosen.cls(parse_params(params_of(chosen.cls), params or {}, f"method {name}"))
    return method


def params_of(cls: type) -> type:
    """Return the parameter dataclass of a method class."""
    chosen: type = getattr(cls, "Params")  # noqa: B009
    return chosen


def parse_params(cls: type, given: Mapping[str, Any], where: str) -> Any:
    """Return `cls` built from `given`, reading text by each field's type.

    Raises
    ------
    InputError
        For an unknown name, or a value that cannot be read or is refused by the dataclass.
    """
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise InputError(where, f"parameters are {', '.join(known) or '(none)'}", name)
        values[name] = _read(hints[name], value, f"{where}, parameter {name}")
    for name, item in known.items():
        if name not in values and item.default is MISSING and item.default_factory is MISSING:
            raise InputError(where, f"needs parameter {name}")
    try:
        return cls(**values)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(where, str(error)) from None


def _read(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin is Literal:
        if value not in get_args(hint):
            raise InputError(where, f"must be one of {', '.join(map(str, get_args(hint)))}", value)
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None or (isinstance(value, str) and value.lower() == "none"):
            if type(None) in get_args(hint):
                return None
            raise InputError(where, f"must be {hint}", value)
        for choice in get_args(hint):
            if choice is not type(None):
                return _read(choice, value, where)
    if hint is bool:
        if isinstance(value, str) and value.lower() in ("true", "false", "1", "0", "yes", "no"):
            return value.lower() in ("true", "1", "yes")
        if not isinstance(value, bool):
            raise InputError(where, "must be true or false", value)
        return value
    if hint in (int, float):
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InputError(where, f"must be a number ({hint.__name__})", value)
        try:
            number = float(value)
            if hint is int and (number != number or int(number) != number):
                raise ValueError
            return int(value) if hint is int and not isinstance(value, str) else hint(number)
        except (ValueError, OverflowError):
            raise InputError(where, f"must be a number ({hint.__name__})", value) from None
    if hint is str and not isinstance(value, str):
        raise InputError(where, "must be text", value)
    return value


@cache
def _sources(*packages: str) -> str:
    digest = hashlib.sha256()
    for package in packages:
        root = Path(next(iter(importlib.import_module(package).__path__)))
        for path in sorted(root.rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@cache
def _own_source(cls: type) -> str:
    """Return "" for the workbench's own methods, a hash of the file for a user's."""
    if cls.__module__.split(".")[0] == "solvers":
        return ""
    path = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return "+" + hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if path else "+unknown"
