"""The registry of methods: one decorator to enter it, one call to make a method."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from instances.errors import InputError
from instances.parameters import parse_parameters, text_of
from solvers.contract import Method

__all__ = ["MethodEntry", "entry", "make", "method_names", "register", "sources"]

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
        return f"{sources()}{_own_source(self.cls)}"


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
    settings = {key: value if isinstance(value, str) else text_of(value) for key, value in (params or {}).items()}
    method: Method = chosen.cls(parse_parameters(params_of(chosen.cls), settings, f"method {name}"))
    return method


def params_of(cls: type) -> type:
    """Return the parameter dataclass of a method class."""
    chosen: type = getattr(cls, "Params")  # noqa: B009
    return chosen


def sources() -> str:
    """Return a hash of the source of the packages that methods run on."""
    return _sources("solvers", "formulations", "instances")


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
