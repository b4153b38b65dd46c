"""The registry of generators: a name, its parameters, and a pure function of both and a seed."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import instances.generators
from instances.errors import InputError
from instances.instance import SCHEMA_VERSION, Instance
from instances.parameters import describe_parameters, parse_parameters, settings_of

__all__ = ["Generator", "generate", "generator", "generator_names", "get_generator", "make_params"]

Params = TypeVar("Params")
Function = Callable[[Any, int], Instance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """A registered generator.

    Parameters
    ----------
    name : str
        Name on the command line.
    params : type
        Frozen dataclass of its parameters; every field has a default, and its construction validates.
    function : callable
        ``(params, seed) -> Instance``, pure: the same arguments give the same instance, bit by bit.
    doc : str
        First line of the function's docstring.
    """

    name: str
    params: type
    function: Function
    doc: str

    def parameters(self) -> dict[str, tuple[str, str]]:
        """Return the parameters: name to (type, default), both as text."""
        return describe_parameters(self.params)


_GENERATORS: dict[str, Generator] = {}


def generator(name: str, params: type[Params]) -> Callable[[Callable[[Params, int], Instance]], Function]:
    """Register a generator function under `name`; for use as a decorator.

    Parameters
    ----------
    name : str
        Name on the command line.
    params : type
        Its parameters' dataclass.

    Raises
    ------
    InputError
        If another function has that name already.
    """

    def register(function: Callable[[Params, int], Instance]) -> Function:
        known = _GENERATORS.get(name)
        identity = (function.__module__, function.__qualname__)
        if known is not None and (known.function.__module__, known.function.__qualname__) != identity:
            raise InputError("generator", "name is taken", name)
        doc = (function.__doc__ or "").strip().split("\n", 1)[0]
        _GENERATORS[name] = Generator(name=name, params=params, function=function, doc=doc)
        return function

    return register


def generator_names() -> tuple[str, ...]:
    """Return the names of all registered generators, sorted."""
    _discover()
    return tuple(sorted(_GENERATORS))


def get_generator(name: str) -> Generator:
    """Return the generator `name`.

    Raises
    ------
    InputError
        If there is none.
    """
    _discover()
    if name not in _GENERATORS:
        raise InputError("generator", f"must be one of {', '.join(generator_names())}", name)
    return _GENERATORS[name]


def make_params(name: str, settings: Mapping[str, str]) -> Any:
    """Return the parameters of generator `name`, read from ``key=value`` settings.

    Raises
    ------
    InputError
        If a setting is unknown (the message lists the known ones) or nonsense.

    Examples
    --------
    >>> make_params("line", {"tasks": "3"}).tasks
    3
    """
    return parse_parameters(get_generator(name).params, settings, f"generator {name}")


def generate(name: str, params: Any = None, seed: int = 0) -> Instance:
    """Generate an instance.

    Parameters
    ----------
    name : str
        A registered generator.
    params : dataclass or mapping of str to str, optional
        Its parameters, or settings for `make_params`; defaults where absent.
    seed : int
        Seed >= 0 of everything that is drawn.

    Returns
    -------
    Instance
        With generator, parameters and seed in its provenance.

    Raises
    ------
    InputError
        If the generator is unknown or a parameter is nonsense.
    """
    chosen = get_generator(name)
    if params is None or isinstance(params, Mapping):
        params = make_params(name, params or {})
    if not isinstance(params, chosen.params):
        raise InputError(f"generator {name}", f"parameters must be a {chosen.params.__name__}", params)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"generator {name}", "seed must be a whole number >= 0", seed)
    instance = chosen.function(params, seed)
    made = {"generator": name, "parameters": settings_of(params), "seed": seed, "schema_version": SCHEMA_VERSION}
    return replace(instance, provenance={**made, **instance.provenance})


@cache
def _discover() -> None:
    for module in pkgutil.iter_modules(instances.generators.__path__):
        import_module(f"instances.generators.{module.name}")
