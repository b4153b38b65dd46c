"""The contract of cost models: a name, frozen parameters, and tables of the right shape."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass

import numpy as np

from experiments.contracts.check import Check, checked, frozen_fault
from instances.costs.model import CostModel, make_cost_model
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.nodes.catalogue import kind_names, node_kind

__all__ = ["COST_MODEL_CHECKS", "check_cost_model"]

_NETWORKS = ("alexnet", "resnet18")


def check_cost_model(name: str) -> list[Check]:
    """Run the suite on a registered cost model, over two networks and all kinds of the catalogue.

    Returns
    -------
    list of Check
        One a clause, in the order of `COST_MODEL_CHECKS`.

    Raises
    ------
    InputError
        If there is no such cost model.
    """
    make_cost_model(name)
    return checked(COST_MODEL_CHECKS, name)


def _describes(name: str) -> str:
    model = make_cost_model(name)
    if not inspect.getdoc(type(model)):
        return "the class needs a docstring: its first line is the summary"
    return "" if model.name == name else f"its name must be {name!r}, got {model.name!r}"


def _freezes(name: str) -> str:
    model = make_cost_model(name)
    return frozen_fault(model, "the class") if is_dataclass(model) else "the class must be a dataclass"


def _tables(model: CostModel) -> dict[tuple[str, str], CostTable]:
    """Return a table for each network and kind that the model covers; it may know few kinds, and then says so."""
    found = {}
    for network in _NETWORKS:
        for kind in kind_names():
            try:
                found[network, kind] = model.fill(load_network(network), [node_kind(kind)])
            except InputError:
                continue
    return found


def _covers(name: str) -> str:
    return "" if _tables(make_cost_model(name)) else f"fills no table of {' or '.join(_NETWORKS)} for any kind"


def _shapes(name: str) -> str:
    for (network, kind), table in _tables(make_cost_model(name)).items():
        if not isinstance(table, CostTable):
            return f"fill must return a CostTable, got {type(table).__name__}"
        expected = (1, len(load_network(network)))
        if table.layer_seconds.shape != expected:
            return f"{network} on {kind}: layer_seconds must have shape {expected}, got {table.layer_seconds.shape}"
        if table.layer_seconds[0, 0] or table.layer_joules[0, 0]:
            return f"{network} on {kind}: the virtual input layer must cost nothing"
        if not table.layer_seconds.any():
            return f"{network} on {kind}: no layer takes any time"
    return ""


def _rows(name: str) -> str:
    """Kinds must not depend on their neighbours in the call."""
    model = make_cost_model(name)
    for network in _NETWORKS:
        covered = {kind: table for (net, kind), table in _tables(model).items() if net == network}
        if covered:
            together = model.fill(load_network(network), [node_kind(kind) for kind in covered])
            apart = np.concatenate([table.layer_seconds for table in covered.values()])
            if not np.array_equal(together.layer_seconds, apart):
                return f"{network}: a kind's row differs with the kinds beside it, or from call to call"
    return ""


COST_MODEL_CHECKS: dict[str, Callable[[str], str]] = {
    "describes itself": _describes,
    "has frozen parameters": _freezes,
    "covers a network": _covers,
    "fills tables of the right shape": _shapes,
    "prices each kind by itself": _rows,
}
"""The clauses: each returns what is wrong, or an empty text."""
