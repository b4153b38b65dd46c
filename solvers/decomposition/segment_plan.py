"""Plans of the family `joint` from options that are named by their segments."""

from __future__ import annotations

import numpy as np

from formulations.joint.plan import JointPlan
from formulations.joint.positions import Positions, positions_of
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from instances.columns import Array
from instances.system import Tier
from solvers.decomposition.segment_options import CANDIDATE, FIRST, SECOND, UPLINK, VERSION
from solvers.decomposition.segments import Segments

__all__ = ["segment_plan"]


def segment_plan(
    problem: JointProblem, segments: Segments, state: Array, positions: Positions | None = None
) -> JointPlan:
    """Return the plan of `state`, shape (n_tasks, CODE): options by their numbers, in the order of `segments`.

    `positions` are the merged cut positions of the networks, where they are known.
    """
    instance = problem.instance
    load, system = instance.workload, instance.system
    if positions is None:
        positions = positions_of(instance, merge=True)
    code = np.empty(state.shape, dtype=np.int64)
    code[segments.order] = state
    candidate = np.empty(len(state), dtype=np.int64)
    candidate[segments.order] = state[:, CANDIDATE] - segments.candidate_offsets[:-1]
    away = code[:, CANDIDATE] >= 0
    candidate = np.where(away, candidate, -1)
    base = positions.offsets[positions.network_offsets[load.task_network] + code[:, VERSION]]
    # a row of -1 reads the last entry, which is not used
    site = np.append(load.candidate_site, -1)[np.where(away, load.candidate_offsets[:-1] + candidate, -1)]
    direct = away & (system.node_tier[site] == Tier.CLOUD)
    reached = np.zeros(system.n_nodes, dtype=bool)
    reached[load.candidate_site] = True
    uplinks = uplinks_of(system)
    behind = np.append(uplinks[reached[uplinks[:, 0]], 1], -1)[code[:, UPLINK]]
    return JointPlan(
        version=code[:, VERSION],
        candidate=candidate,
        cloud=np.where(direct, site, behind),
        device_until=positions.layer[base + code[:, FIRST]],
        edge_until=positions.layer[base + code[:, SECOND]],
    )
