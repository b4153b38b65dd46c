"""The exact best start times of a plan's placement and orders.

A plan fixes where every operation runs, which operations follow each other on a core and which transfers on a channel.
What is left are differences of starts, ``start_b >= start_a + seconds_a`` for every arc a -> b of the tensors and of
these orders. Where the objective is regular the earliest starts are the best: longest paths from the releases. Energy
charges every node for the time between its first and its last activity, so that waiting may pay; then the best starts
are those of a linear program (`formulations.schedule.windows`).
"""

from __future__ import annotations

import numpy as np

from formulations.schedule.activities import activities_of, earliest
from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.windows import best_windows

__all__ = ["retime"]


def retime(case: ScheduleCase, plan: SchedulePlan) -> SchedulePlan:
    """Return the best plan with the placement and the orders of `plan`.

    Operations of a node and transfers of a channel are ordered by their starts in `plan`, those of a node with several
    cores core by core, each on the core that was free last. A plan that starts something too early is mended; no plan
    without violations gets worse. Where no times keep every hard deadline and limit, starts are the earliest.

    Parameters
    ----------
    case : ScheduleCase
        The problem.
    plan : SchedulePlan
        Placed where it may be, with all its transfers.

    Raises
    ------
    InputError
        If an operation is where it may not run, a tensor finds no way, or transfers are not those that the placement needs.
    """
    what = activities_of(case, plan)
    floor = np.where(what.is_input, case.release[case.task[what.operation]], 0.0)
    start = earliest(what, floor)
    on = None if case.problem.options.regular else best_windows(case, what, start)
    if on is not None:
        # given when nodes are switched on, whatever is earliest keeps them on least
        held = np.maximum(on[what.node], np.where(what.to < 0, -np.inf, on[what.to]))
        start = earliest(what, np.where(what.is_input, floor, held))
    sends = what.to >= 0
    return SchedulePlan(
        node=plan.node,
        start_s=start[what.of_operation],
        transfer_operation=what.operation[sends],
        transfer_node=case.nodes[what.to[sends]],
        transfer_start_s=start[sends],
    )
