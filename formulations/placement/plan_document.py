"""Plans of the family `placement` as plain data for files: the node of every layer, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import PlacementProblem
from instances.errors import InputError

__all__ = ["PlacementPlanDocument", "plan_document", "plan_of"]


class PlacementPlanDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a plan file: `layers` gives the node of every layer but the input."""

    layers: dict[str, str]


def plan_document(problem: PlacementProblem, plan: PlacementPlan) -> Mapping[str, Any]:
    """Return `plan` as plain data.

    Raises
    ------
    InputError
        For an index that names nothing: a file could only hold another plan in its place.
    """
    network, system = problem.network, problem.instance.system
    if len(plan.node) != len(network):
        raise InputError("plan", f"must place {len(network)} layers", len(plan.node))
    if ((plan.node < -1) | (plan.node >= system.n_nodes)).any():
        raise InputError("plan", "node must be an index", plan.node.tolist())
    placed = zip(network.layers, plan.node.tolist(), strict=True)
    return {"layers": {layer.name: system.node_name(node) for layer, node in placed if node >= 0}}


def plan_of(problem: PlacementProblem, document: Mapping[str, Any]) -> PlacementPlan:
    """Return the plan that `document` describes.

    Raises
    ------
    InputError
        For a document of another form, or a name that the problem does not know.
    """
    try:
        body = msgspec.convert(document, PlacementPlanDocument)
    except msgspec.ValidationError as error:
        raise InputError("plan", str(error)) from None
    system = problem.instance.system
    nodes = {system.node_name(worker.node): worker.node for worker in problem.workers}
    index = {layer.name: i for i, layer in enumerate(problem.network.layers)}
    node = np.full(len(index), -1, dtype=np.int64)
    for layer, name in body.layers.items():
        if layer not in index:
            raise InputError("plan, layers", f"must name a layer of {problem.network.name}", layer)
        if name not in nodes:
            raise InputError(f"plan, layer {layer}", "must name a worker of the problem", name)
        node[index[layer]] = nodes[name]
    return PlacementPlan(node=node)
