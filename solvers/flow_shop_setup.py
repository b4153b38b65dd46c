"""What methods for flow shops share: which problems they decline, and plans from cuts and an order."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.schedule.flow_shop import FlowShop, flow_shop_of, johnson_order
from formulations.schedule.flow_shop_plan import flow_shop_plan, stage_times
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleOptions
from instances.columns import IntArray

__all__ = ["decline_makespan", "johnson_jobs", "open_shop", "plan_in_order", "weighs_only"]

_WEIGHTS = [name for name in ScheduleOptions.__dataclass_fields__ if name.endswith("_weight")]


def weighs_only(options: ScheduleOptions, *names: str) -> bool:
    """Return whether no other weight of the objective than these is positive."""
    return all(getattr(options, name) == 0.0 for name in _WEIGHTS if name not in names)


def decline_makespan(problem: Any) -> str | None:
    """Return why `problem` is no flow shop with the makespan as objective and all jobs there at one time, or None."""
    if not weighs_only(problem.options, "makespan_weight"):
        return "it minimises the makespan alone"
    shop = flow_shop_of(problem)
    if isinstance(shop, str):
        return shop
    if shop.device_cores > 1:
        return "its device runs one layer at a time, here it has several cores"
    if not shop.serial:
        return "its uploads go one at a time, here links are free"
    if not shop.released_together:
        return "its jobs are all there at one time, here they are released one by one"
    if shop.memory_binds:
        return "it knows no limit on memory, and the weights of all jobs may not fit"
    return None


def open_shop(problem: Any) -> FlowShop:
    """Return the flow shop of a problem that was not declined."""
    shop = flow_shop_of(problem)
    if isinstance(shop, str):
        raise TypeError(f"the problem is no flow shop: {shop}")
    return shop


def johnson_jobs(shop: FlowShop, cut: IntArray) -> IntArray:
    """Return all jobs with these cuts in Johnson's order on device and uplink."""
    device, upload, _, _ = shop.stages(cut)
    return johnson_order(device, upload)


def plan_in_order(shop: FlowShop, cut: IntArray, order: IntArray) -> SchedulePlan:
    """Return the plan of jobs with these cuts that pass device and uplink in `order`, the server as they come."""
    return flow_shop_plan(shop, np.asarray(cut), stage_times(shop, cut, order, order))
