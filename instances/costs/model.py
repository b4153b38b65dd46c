"""The interface of cost models, and the registry that names them."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

import instances.costs
from instances.columns import FloatArray
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.graph import NetworkGraph
from instances.parameters import parse_parameters
from instances.system import NodeKind

__all__ = ["CostModel", "cost_model", "cost_model_from", "cost_model_names", "make_cost_model", "table_of_seconds"]


@runtime_checkable
class CostModel(Protocol):
    """What turns a layer and a kind of node into seconds and joules.

    A cost model is a frozen dataclass; its fields are its parameters and all have defaults. Speed factors belong to
    nodes (`System.node_speed`), not here.
    """

    @property
    def name(self) -> str:
        """Name under which it is registered."""
        ...

    def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
        """Return seconds and joules of every layer of `network` on each of `kinds` at speed 1."""
        ...


Class = TypeVar("Class", bound=type)
_MODELS: dict[str, type] = {}


def cost_model(name: str) -> Callable[[Class], Class]:
    """Register a cost model class under `name`; for use as a decorator.

    The class is a dataclass whose fields are the parameters. A plugin registers its own in the same way.

    Raises
    ------
    InputError
        If another class has that name already.
    """

    def register(cls: Class) -> Class:
        known = _MODELS.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise InputError("cost model", "name is taken", name)
        _MODELS[name] = cls
        return cls

    return register


def cost_model_names() -> tuple[str, ...]:
    """Return the names of all registered cost models, sorted."""
    _discover()
    return tuple(sorted(_MODELS))


def make_cost_model(name: str, settings: Mapping[str, str] | None = None) -> CostModel:
    """Return the cost model `name` with its parameters read from `settings`.

    Raises
    ------
    InputError
        If there is no such cost model, or a setting is unknown or nonsense.
    """
    _discover()
    if name not in _MODELS:
        raise InputError("cost model", f"must be one of {', '.join(cost_model_names())}", name)
    model: CostModel = parse_parameters(_MODELS[name], settings or {}, f"cost model {name}")
    return model


def cost_model_from(text: str) -> CostModel:
    """Return the cost model that `text` names, with its parameters after a colon.

    Raises
    ------
    InputError
        As `make_cost_model`, and if a part is not ``key=value``.

    Examples
    --------
    >>> cost_model_from("roofline:efficiency=0.62").name
    'roofline'
    """
    name, _, rest = text.partition(":")
    settings: dict[str, str] = {}
    for part in filter(None, rest.split(";")):
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"cost model {name}", "parameters must be key=value, parted by ;", part)
        settings[key.strip()] = value
    return make_cost_model(name, settings)


def table_of_seconds(layer_seconds: FloatArray, head_seconds: FloatArray, kinds: Sequence[NodeKind]) -> CostTable:
    """Return the table of `layer_seconds` and `head_seconds` with joules = busy watts x seconds.

    Parameters
    ----------
    layer_seconds, head_seconds : arrays, shapes (n_kinds, n_layers) and (n_kinds, n_exits)
        Seconds alone on each kind.
    kinds : sequence of NodeKind
        Gives the power when computing; what a node draws when idle is not a layer's.
    """
    watts = np.array([kind.busy_watts for kind in kinds], dtype=np.float64)[:, None]
    return CostTable(
        layer_seconds=layer_seconds,
        layer_joules=watts * layer_seconds,
        head_seconds=head_seconds,
        head_joules=watts * head_seconds,
    )


@cache
def _discover() -> None:
    for module in pkgutil.iter_modules(instances.costs.__path__):
        import_module(f"instances.costs.{module.name}")
