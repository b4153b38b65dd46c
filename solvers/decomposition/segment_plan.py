"""Plans of the family `joint` from options that are named by their segments."""

from __future__ import annotations

import numpy as np

from formulations.joint.plan import JointPlan
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from instances.columns import Array
from instances.system import Tier
from solvers.decomposition.segment_pricing import CANDIDATE, FIRST, SECOND, UPLINK, VERSION

__all__ = ["segment_plan"]


def segment_plan(problem: JointProblem, state: Array) -> JointPlan:
    """Return the plan of `state`, shape (n_tasks, CODE): every task's option by its numbers."""
    instance = problem.instance
    load, system, positions = instance.workload, instance.system, positions_of(instance, merge=True)
    code = state.astype(np.int64)
    row, uplink = code[:, CANDIDATE], code[:, UPLINK]
    base = positions.offsets[positions.network_offsets[load.task_network] + code[:, VERSION]]
    # a row of -1 reads the last entry, which is not used
    site = np.append(load.candidate_site, -1)[row]
    direct = (row >= 0) & (system.node_tier[site] == Tier.CLOUD)
    reached = np.zeros(system.n_nodes, dtype=bool)
    reached[load.candidate_site] = True
    uplinks = uplinks_of(system)
    behind = np.append(uplinks[reached[uplinks[:, 0]], 1], -1)[uplink]
    return JointPlan(
        version=code[:, VERSION],
        candidate=np.where(row >= 0, row - load.candidate_offsets[:-1], -1),
        cloud=np.where(direct, site, behind),
        device_until=positions.layer[base + code[:, FIRST]],
        # the site's part ends where it begins if the site is a cloud
        edge_until=positions.layer[base + code[:, SECOND]],
    )
