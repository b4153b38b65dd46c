"""The best nodes for one path of operations that has the system to itself: A* over labels.

The operations and transfers of a path come one after the other, so nothing is gained by waiting, and a plan is a walk
over nodes. A node that the walk leaves is switched off for good, or stays on until the walk is back:

    label (cost, seconds) at (operation v, node a, nodes left on, nodes switched off)

and each second costs the idle watts of the node in use (of both ends of a transfer) and of the nodes left on. A label is
dropped where another of its state is no worse in cost and seconds. The estimate of what is to come charges every
entry of node b with ``e_b = min(switch-on, idle watts x least seconds away)``: an entry is a switch-on, or ends a time
away. For the nodes that are already left on, one such charge each is taken back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from instances.columns import FloatArray, IntArray
from solvers.exact.schedule.path_costs import PathCosts

__all__ = ["PathResult", "best_walk"]

_LOOK_EVERY = 1 << 9
"""Labels between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathResult:
    """The best walk: its cost, or a bound on it where the search was cut short; `place` None without a walk.

    `on` and `used` hold the seconds that each node is on, and whether it takes part.
    """

    bound: float
    place: IntArray | None
    on: FloatArray
    used: FloatArray


def best_walk(
    costs: PathCosts, most_labels: int = 100_000, out_of_time: Callable[[], bool] = lambda: False
) -> PathResult:
    """Return the cheapest walk, or a bound where it takes more than `most_labels` or time runs out."""
    return _Search(costs).run(most_labels, out_of_time)


Label = tuple[float, int, float, float, int, int, int, int, int]
"""Estimate, number, cost, seconds, position in the path, node, nodes left on, nodes switched off, parent's number."""


class _Search:
    def __init__(self, costs: PathCosts) -> None:
        self.costs = costs
        self.n = costs.seconds.shape[0]
        self.length = len(costs.operations)
        self.timed = costs.late(0.0) != costs.late(1e300)
        lag = costs.send_seconds.min(axis=0)
        took = costs.seconds.min(axis=0)[np.flatnonzero(costs.counts)].min(initial=np.inf)
        away = lag + lag.T
        np.fill_diagonal(away, np.inf)
        least = np.nan_to_num(away.min(axis=1) + (took if np.isfinite(took) else 0.0), posinf=0.0)
        self.entry = np.minimum(costs.switch, costs.idle * least)
        self.to_go, self.least_seconds = self._estimates()
        self.alike = self._alike()

    def _move(self, v: int) -> tuple[FloatArray, FloatArray]:
        """Return cost and seconds from operation v of the path to the end of the next, by nodes."""
        c = self.costs
        lag = c.send_seconds[v]
        run = c.seconds[:, v + 1]
        with np.errstate(invalid="ignore"):
            cost = c.send[v] + lag * (c.second + c.idle[:, None] + c.idle[None, :])
            runs = run * (c.second + c.idle) + c.direct[:, v + 1]
            cost = cost + runs[None, :]
        cost[np.diag_indices(self.n)] = runs
        seconds = lag + run[None, :]
        return np.where(np.isfinite(seconds), cost, np.inf), seconds

    def _estimates(self) -> tuple[FloatArray, FloatArray]:
        c = self.costs
        go, least = np.zeros((self.length, self.n)), np.zeros((self.length, self.n))
        if c.home is not None:
            lag = c.send_seconds[-1][:, c.home]
            with np.errstate(invalid="ignore"):
                go[-1] = np.where(
                    np.isfinite(lag),
                    c.send[-1][:, c.home] + lag * (c.second + c.idle + c.idle[c.home]) + self.entry[c.home],
                    np.inf,
                )
            go[-1][c.home] = 0.0
            least[-1] = lag
            least[-1][c.home] = 0.0
        for v in range(self.length - 2, -1, -1):
            cost, seconds = self._move(v)
            enter = np.broadcast_to(self.entry, (self.n, self.n)).copy()
            np.fill_diagonal(enter, 0.0)
            go[v] = (cost + enter + go[v + 1][None, :]).min(axis=1)
            least[v] = (seconds + least[v + 1][None, :]).min(axis=1)
        return go, least

    def _alike(self) -> list[int]:
        """Return for every node the one before it that is alike, -1 where there is none: it is entered first."""
        c = self.costs
        before = [-1] * self.n
        for b in range(self.n):
            for a in range(b - 1, -1, -1):
                order = np.arange(self.n)
                order[a], order[b] = b, a
                same = c.home not in (a, b) and not (~c.counts & np.isfinite(c.seconds[[a, b]]).any(axis=0)).any()
                same = same and all(np.array_equal(row, row[order]) for row in (c.idle, c.switch, c.seconds, c.direct))
                grid = np.ix_(np.arange(self.length), order, order)
                if same and all(np.array_equal(table, table[grid]) for table in (c.send_seconds, c.send)):
                    before[b] = a
                    break
        return before

    def run(self, most_labels: int, out_of_time: Callable[[], bool]) -> PathResult:
        c = self.costs
        heap: list[Label] = []
        parents: list[tuple[int, int]] = []
        best: dict[tuple[int, int, int, int], list[tuple[float, float]]] = {}

        def push(cost: float, seconds: float, v: int, a: int, on: int, off: int, parent: int) -> None:
            # v is the path's length where the last tensor is home
            rest, more = (0.0, 0.0) if v == self.length else (self.to_go[v, a], self.least_seconds[v, a])
            extra = c.late(seconds + more)
            refund = sum(float(self.entry[o]) for o in _bits(on))
            estimate = cost + max(0.0, rest - refund) + extra
            if not np.isfinite(estimate):
                return
            known = best.setdefault((v, a, on, off), [])
            if any(one <= cost and (two <= seconds or not self.timed) for one, two in known):
                return
            known[:] = [(one, two) for one, two in known if not (cost <= one and (seconds <= two or not self.timed))]
            known.append((cost, seconds))
            parents.append((parent, a))
            heapq.heappush(heap, (estimate, len(parents) - 1, cost, seconds, v, a, on, off, parent))

        for a in np.flatnonzero(np.isfinite(c.seconds[:, 0])).tolist():
            took = float(c.seconds[a, 0])
            if c.counts[0]:
                if self.alike[a] < 0:
                    push(float(c.direct[a, 0] + c.switch[a] + took * (c.second + c.idle[a])), took, 0, a, 0, 0, -1)
            else:
                push(took * c.second, took, 0, a, 0, 0, -1)
        n_popped = 0
        while heap:
            estimate, number, cost, seconds, v, a, on, off, _ = heapq.heappop(heap)
            if (cost, seconds) not in best[v, a, on, off]:
                continue
            if n_popped > most_labels or (n_popped % _LOOK_EVERY == _LOOK_EVERY - 1 and out_of_time()):
                return PathResult(bound=estimate, place=None, on=np.zeros(self.n), used=np.zeros(self.n))
            n_popped += 1
            if v == self.length or (v == self.length - 1 and c.home is None):
                if not on:
                    return self._result(estimate, parents, number)
                continue
            self._expand(push, number, cost, seconds, v, a, on, off)
        return PathResult(bound=np.inf, place=None, on=np.zeros(self.n), used=np.zeros(self.n))

    def _expand(
        self,
        push: Callable[[float, float, int, int, int, int, int], None],
        number: int,
        cost: float,
        seconds: float,
        v: int,
        a: int,
        on: int,
        off: int,
    ) -> None:
        c = self.costs
        burning = sum(float(c.idle[o]) for o in _bits(on))
        last = v == self.length - 1
        # an input alone does not switch its device on
        running = bool(c.counts[: v + 1].any()) or v > 0
        fresh = not running
        goals = range(self.n) if not last else [c.home]
        for b in goals:
            assert b is not None
            took = 0.0 if last else float(c.seconds[b, v + 1])
            direct = 0.0 if last else float(c.direct[b, v + 1])
            if not np.isfinite(took):
                continue
            if b == a:
                enter = float(c.switch[a]) if fresh and not last else 0.0
                spent = took * (c.second + float(c.idle[a]) + burning) + direct + enter
                push(cost + spent, seconds + took, v + 1, a, on, off, number)
                continue
            lag = float(c.send_seconds[v, a, b])
            bit = 1 << b
            if off & bit or not np.isfinite(lag):
                continue
            back = bool(on & bit)
            before = self.alike[b]
            if not back and before >= 0 and not (on | off) & (1 << before) and before != a:
                continue
            enter = (0.0 if back else float(c.switch[b])) + (float(c.switch[a]) if fresh else 0.0)
            idle_b = 0.0 if back else float(c.idle[b])
            moved = lag * (c.second + float(c.idle[a]) + idle_b + burning) + float(c.send[v, a, b])
            rest = burning if back else burning + float(c.idle[b])
            spent = moved + took * (c.second + rest) + direct + enter
            after = on & ~bit
            push(cost + spent, seconds + lag + took, v + 1, b, after, off | (1 << a), number)
            if not last:
                kept = spent + took * float(c.idle[a])
                push(cost + kept, seconds + lag + took, v + 1, b, after | (1 << a), off, number)

    def _result(self, bound: float, parents: list[tuple[int, int]], number: int) -> PathResult:
        c = self.costs
        nodes: list[int] = []
        while number >= 0:
            number, a = parents[number]
            nodes.append(a)
        nodes.reverse()
        place = np.array(nodes[: self.length])
        first, last = np.full(self.n, np.inf), np.full(self.n, -np.inf)
        now = 0.0
        for v, a in enumerate(place.tolist()):
            if c.counts[v]:
                first[a] = min(first[a], now)
            now += float(c.seconds[a, v])
            if c.counts[v]:
                last[a] = now
            b = place[v + 1] if v + 1 < self.length else c.home
            if b is not None and b != a:
                begin, now = now, now + float(c.send_seconds[v, a, b])
                for node in (a, int(b)):
                    first[node], last[node] = min(first[node], begin), now
        used = np.isfinite(first)
        on = np.where(used, last - np.where(used, first, 0.0), 0.0)
        return PathResult(bound=bound, place=place, on=on, used=used.astype(float))


def _bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]
