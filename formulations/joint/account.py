"""The referee's account of a plan in detail: who uses which resource for how long, and where every layer runs."""

from __future__ import annotations

from dataclasses import dataclass

from formulations.joint.placed import _parts as _parts_of
from formulations.joint.placed import place_patterns
from formulations.joint.plan import JointPlan
from formulations.joint.plan_rules import chosen_site, structure_violations
from formulations.joint.problem import JointProblem, versions_of
from formulations.joint.referee import _ledger, _plan_shares, _rule_shares
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from instances.networks.graph import NetworkGraph

__all__ = ["ResourceUses", "layer_parts", "resource_uses", "sites_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResourceUses:
    """One row for each task that uses a shared resource.

    Parameters
    ----------
    task, resource : int arrays, shape (n_uses,)
        Who, and what of ``system.resources``.
    seconds : array, shape (n_uses,)
        What the use would take with the resource to itself: a_kr.
    share : array, shape (n_uses,)
        The plan's share, or that of the problem's sharing rule; NaN where the plan gives none.
    """

    task: IntArray
    resource: IntArray
    seconds: FloatArray
    share: FloatArray


def resource_uses(problem: JointProblem, plan: JointPlan) -> ResourceUses:
    """Return the uses of shared resources as the referee prices them.

    Raises
    ------
    InputError
        If the placement means nothing.
    """
    broken = structure_violations(problem, plan)
    if broken:
        raise InputError("plan", broken[0])
    ledger = _ledger(problem, plan, place_patterns(problem.instance, plan))
    share = _rule_shares(problem, ledger) if plan.shares is None else _plan_shares(problem, plan, ledger)
    return ResourceUses(task=ledger.task, resource=ledger.resource, seconds=ledger.seconds, share=share)


def layer_parts(network: NetworkGraph, version: int, device_until: int, edge_until: int) -> IntArray:
    """Return where every layer runs: 0 device, 1 site, 2 cloud, -1 for layers that the version does not run."""
    return _parts_of(network, versions_of(network)[version], device_until, edge_until)


def sites_of(problem: JointProblem, plan: JointPlan) -> IntArray:
    """Return the node that every task goes through, -1 for tasks that stay on their device."""
    return chosen_site(problem, plan)[0]
