"""From cuts and orders of a flow shop to the plan with the earliest starts."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.schedule.flow_shop import FlowShop
from formulations.schedule.plan import SchedulePlan
from instances.columns import FloatArray, IntArray

__all__ = ["StageTimes", "flow_shop_plan", "serve", "stage_times"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StageTimes:
    """When every job begins on the device, on the uplink and on the server, and when it ends; arrays of shape (n_jobs,).

    A stage that a job does not have begins when the one before it ends.
    """

    device_s: FloatArray
    upload_s: FloatArray
    server_s: FloatArray
    end_s: FloatArray


def serve(ready: FloatArray, seconds: FloatArray, order: IntArray, servers: int) -> FloatArray:
    """Return starts of jobs that `servers` alike take up in `order`; jobs that take no time start when they are ready.

    Parameters
    ----------
    ready, seconds : arrays, shape (n,)
        When a job can start, and how long it takes.
    order : int array, shape (n,)
        All jobs, first to last.
    servers : int
        How many jobs are served at a time.
    """
    start: FloatArray = ready.copy()
    taken = order[seconds[order] > 0.0]
    if servers < len(taken):
        _serve(ready, seconds, taken, servers, start)
    return start


@njit(cache=True)
def _serve(ready, seconds, order, servers, start):
    """Fill ``start[order]``."""
    free = [0.0] * servers
    for job in order:
        start[job] = max(ready[job], free[0])
        heapq.heapreplace(free, start[job] + seconds[job])


def stage_times(
    shop: FlowShop,
    cut: IntArray,
    device_order: IntArray,
    upload_order: IntArray | None = None,
    server_order: IntArray | None = None,
) -> StageTimes:
    """Return the earliest times of jobs with these cuts that pass the stages in these orders.

    Parameters
    ----------
    shop : FlowShop
        The jobs.
    cut : int array, shape (n_jobs,)
        Row of every job's cut in its class.
    device_order, upload_order, server_order : int arrays, shape (n_jobs,)
        Orders of all jobs; of an absent one first come, first served.
    """
    device, upload, server, _ = shop.stages(cut)
    begin = serve(shop.release, device, device_order, shop.device_cores)
    sent = begin + device
    if upload_order is None:
        upload_order = device_order[np.argsort(sent[device_order], kind="stable")]
    send = serve(sent, upload, upload_order, 1) if shop.serial else sent
    there = send + upload
    if server_order is None:
        server_order = upload_order[np.argsort(there[upload_order], kind="stable")]
    run = serve(there, server, server_order, shop.server_cores)
    return StageTimes(device_s=begin, upload_s=send, server_s=run, end_s=run + server)


def flow_shop_plan(shop: FlowShop, cut: IntArray, times: StageTimes) -> SchedulePlan:
    """Return the plan of jobs with these cuts at these times."""
    problem = shop.problem
    node = np.full(problem.n_operations, shop.server, dtype=np.int64)
    start = np.empty(problem.n_operations)
    sent_operation, sent_at = [], []
    for one in shop.classes:
        layer = np.arange(len(one.network))
        before_device, before_server = (
            np.r_[0.0, np.cumsum(seconds)[:-1]] for seconds in (one.layer_device_s, one.layer_server_s)
        )
        for row in np.unique(cut[one.tasks]).tolist():
            tasks = one.tasks[cut[one.tasks] == row]
            here = layer <= one.cut[row]
            operation = problem.offsets[tasks][:, None] + layer
            node[operation] = np.where(here, shop.device, shop.server)
            on_device = times.device_s[tasks][:, None] + before_device
            after = before_server - before_server[one.cut[row] + 1] if one.sends[row] else before_server
            start[operation] = np.where(here, on_device, times.server_s[tasks][:, None] + after)
            if one.sends[row]:
                sent_operation.append(operation[:, one.cut[row]])
                sent_at.append(times.upload_s[tasks])
    start[problem.offsets[:-1]] = shop.release
    node[problem.offsets[:-1]] = shop.device
    n_sent = len(sent_operation)
    return SchedulePlan(
        node=node,
        start_s=start,
        transfer_operation=np.concatenate(sent_operation) if n_sent else np.empty(0, dtype=np.int64),
        transfer_node=np.full(sum(map(len, sent_operation)), shop.server, dtype=np.int64),
        transfer_start_s=np.concatenate(sent_at) if n_sent else np.empty(0),
    )
