"""Plans of the family `cut` as plain data for files: the node of every layer, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from formulations.cut.plan import CutPlan
from formulations.cut.problem import CutProblem
from formulations.versions import versions_of
from instances.errors import InputError

__all__ = ["CutPlanDocument", "plan_document", "plan_of"]


class CutPlanDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a plan file.

    `layers` gives the node of every layer that runs. `helpers` names the node of every level, the
    device first; absent, a level's helper is the node that a layer names, or else its first.
    """

    layers: dict[str, str]
    version: str = "full"
    helpers: list[str] | None = None


def plan_document(problem: CutProblem, plan: CutPlan) -> Mapping[str, Any]:
    """Return `plan` as plain data.

    Raises
    ------
    InputError
        For an index that names nothing: a file could only hold another plan in its place.
    """
    network, system = problem.network, problem.instance.system
    versions = versions_of(network)
    if not 0 <= plan.version < len(versions):
        raise InputError("plan", "version must be an index", plan.version)
    if len(plan.node) != len(network):
        raise InputError("plan", f"must place {len(network)} layers", len(plan.node))
    for name, least in (("node", -1), ("helpers", 0)):
        values = getattr(plan, name)
        if ((values < least) | (values >= system.n_nodes)).any():
            raise InputError("plan", f"{name} must be an index", values.tolist())
    layers = {
        layer.name: system.node_name(node)
        for layer, node in zip(network.layers, plan.node.tolist(), strict=True)
        if node >= 0
    }
    document = CutPlanDocument(
        layers=layers,
        version=versions[plan.version].name,
        helpers=[system.node_name(node) for node in plan.helpers.tolist()],
    )
    body: Mapping[str, Any] = msgspec.to_builtins(document)
    return body


def plan_of(problem: CutProblem, document: Mapping[str, Any]) -> CutPlan:
    """Return the plan that `document` describes.

    Raises
    ------
    InputError
        For a document of another form, or a name that the problem does not know.
    """
    try:
        body = msgspec.convert(document, CutPlanDocument)
    except msgspec.ValidationError as error:
        raise InputError("plan", str(error)) from None
    network, system = problem.network, problem.instance.system
    nodes = {system.node_name(node): node for node in problem.level_of}
    versions = {version.name: i for i, version in enumerate(versions_of(network))}
    index = {layer.name: i for i, layer in enumerate(network.layers)}

    def known(names: Mapping[str, int], name: str, where: str, what: str) -> int:
        if name not in names:
            raise InputError(where, f"must name {what}", name)
        return names[name]

    version = known(versions, body.version, "plan, version", f"a version of {network.name}")
    node = np.full(len(network), -1, dtype=np.int64)
    for layer, where in body.layers.items():
        row = known(index, layer, "plan, layers", f"a layer of {network.name}")
        node[row] = known(nodes, where, f"plan, layer {layer}", "a node of the problem's levels")
    if body.helpers is not None:
        helpers = [known(nodes, name, "plan, helpers", "nodes of the problem's levels") for name in body.helpers]
    else:
        helpers = [level[0] for level in problem.levels]
        for one in node[node >= 0].tolist():
            helpers[problem.level_of[one]] = one
    return CutPlan(version=version, helpers=np.array(helpers, dtype=np.int64), node=node)
