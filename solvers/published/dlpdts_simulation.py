"""Tasks that arrive one by one at an edge node with an uplink to a cloud: events in order of time, cuts chosen on arrival."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.schedule.flow_shop import FlowShop, pareto
from formulations.schedule.flow_shop_plan import StageTimes
from instances.columns import FloatArray, IntArray

__all__ = ["Stream", "cuts_of", "run_stream"]

_CHOOSE = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Stream:
    """What came of a stream of tasks.

    Parameters
    ----------
    cut : int array, shape (n_jobs,)
        Row of every task's cut in its class; -1 where the edge's memory let it have none.
    times : StageTimes
        When what happened.
    expected_s : array, shape (n_jobs,)
        The end that was expected of the chosen cut on arrival; NaN where the cut was given.
    """

    cut: IntArray
    times: StageTimes
    expected_s: FloatArray

    @property
    def complete(self) -> bool:
        """Whether every task has a cut."""
        return bool((self.cut >= 0).all())


def cuts_of(shop: FlowShop) -> list[IntArray]:
    """Return of every class the rows of the cuts that no other dominates on edge seconds, upload, cloud seconds, memory."""
    return [np.flatnonzero(pareto(one.device_s, one.upload_s, one.server_s, one.device_bytes)) for one in shop.classes]


def run_stream(shop: FlowShop, rows: list[IntArray], *, fixed: bool = False, committed: bool = False) -> Stream:
    """Let the tasks arrive, each cut at one of ``rows[its class]``.

    Every node and the uplink serve first come, first served. On arrival at time t a task takes the first cut of least

        end = max(max(max(t, E) + f, U) + g, S) + h,

    where E is when a core of the edge is free, U the uplink and S a core of the cloud, each of them without later arrivals,
    and a stage in which the cut takes no time is left out.

    Parameters
    ----------
    shop : FlowShop
        The tasks, in any order of release.
    rows : list of int arrays
        Cuts to choose from, by class.
    fixed : bool
        Take the first of a class's rows, whatever the queues.
    committed : bool
        Count in U and S the work of tasks that are still on their way there too, not of those alone that wait there.
    """
    order = np.argsort(shop.release, kind="stable")
    offsets = np.cumsum([0, *map(len, rows)])
    columns = [
        np.concatenate([getattr(one, name)[some] for one, some in zip(shop.classes, rows, strict=True)])
        for name in ("device_s", "upload_s", "server_s", "device_bytes")
    ]
    sends = np.concatenate([one.sends[some] for one, some in zip(shop.classes, rows, strict=True)])
    owner = shop.class_of[order]
    row, begin, send, run, end, expected = _simulate(
        shop.release[order],
        offsets[owner],
        offsets[owner] + 1 if fixed else offsets[owner + 1],
        *columns,
        sends,
        shop.device_memory,
        shop.device_cores,
        min(shop.server_cores, shop.n_jobs),
        shop.serial,
        committed,
    )
    back = np.argsort(order, kind="stable")
    all_rows = np.concatenate(rows)
    cut = np.where(row == _CHOOSE, _CHOOSE, all_rows[row])[back]
    times = StageTimes(device_s=begin[back], upload_s=send[back], server_s=run[back], end_s=end[back])
    return Stream(cut=cut, times=times, expected_s=np.full(len(back), np.nan) if fixed else expected[back])


@njit(cache=True)
def _simulate(
    release,
    first,
    last,
    device_s,
    upload_s,
    server_s,
    held,
    sends,
    memory,
    device_cores,
    server_cores,
    serial,
    committed,
):
    """Run tasks in order of release; task i chooses among rows ``first[i] <= row < last[i]``."""
    n = len(release)
    chosen = np.full(n, -1, np.int64)
    begin, send, run, end, expected = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    edge = [0.0] * device_cores
    cloud = [0.0] * server_cores
    link, used = 0.0, 0.0
    to_link, to_cloud = 0.0, 0.0
    # requests for the uplink (0) and the cloud (1): time, number in order of asking, what, task
    events = [(0.0, 0, 0, 0) for _ in range(0)]
    asked = 0
    for i in range(n + 1):
        now = release[i] if i < n else np.inf
        while len(events) and events[0][0] <= now:
            time, _, what, j = heapq.heappop(events)
            row = chosen[j]
            if what == 0:
                to_link -= upload_s[row]
                send[j] = time
                if serial and upload_s[row] > 0.0:
                    send[j] = max(time, link)
                    link = send[j] + upload_s[row]
                there = send[j] + upload_s[row]
                heapq.heappush(events, (there, asked, 1, j))
                asked += 1
            else:
                to_cloud -= server_s[row]
                run[j] = time
                if server_s[row] > 0.0:
                    run[j] = max(time, cloud[0])
                    heapq.heapreplace(cloud, run[j] + server_s[row])
                end[j] = run[j] + server_s[row]
        if i == n:
            break
        least = np.inf
        for row in range(first[i], last[i]):
            if used + held[row] > memory:
                continue
            at = now
            if device_s[row] > 0.0:
                at = max(now, edge[0]) + device_s[row]
            if sends[row]:
                if serial and upload_s[row] > 0.0:
                    busy = max(link, now) + (to_link if committed else 0.0)
                    at = max(at, busy)
                at += upload_s[row]
                if server_s[row] > 0.0:
                    busy = max(cloud[0], now) + (to_cloud / server_cores if committed else 0.0)
                    at = max(at, busy) + server_s[row]
            if at < least:
                least = at
                chosen[i] = row
        expected[i] = least
        if chosen[i] < 0:
            begin[i] = send[i] = run[i] = end[i] = np.nan
            continue
        row = chosen[i]
        used += held[row]
        begin[i] = now
        if device_s[row] > 0.0:
            begin[i] = max(now, edge[0])
            heapq.heapreplace(edge, begin[i] + device_s[row])
        done = begin[i] + device_s[row]
        send[i] = run[i] = end[i] = done
        if sends[row]:
            to_link += upload_s[row]
            to_cloud += server_s[row]
            heapq.heappush(events, (done, asked, 0, i))
            asked += 1
    return chosen, begin, send, run, end, expected
