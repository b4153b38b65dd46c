"""Best replies over all options without their table: tasks take in turn the option of least marginal cost.

A use with root s beside loads Y raises the objective by ``(Y + s)^2 - Y^2 = 2 Y s + s^2``: the toll of
`solvers.decomposition.option_search` at ``mu = 2 Y`` and ``t = 0``. The same search finds a task's best reply.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from formulations.joint.option_inputs import MEMORY, NETWORK
from formulations.joint.option_space import PLACEMENT, open_parts, write_option
from formulations.joint.scratch import BYTES, COST, HOLDS, NODE, RESOURCE, SECONDS, USES, WEIGHT, scratch
from instances.columns import FloatArray, IntArray
from solvers.decomposition.option_search import search, workspace
from solvers.decomposition.pricing import Pricing
from solvers.joint_kernels import IMPROVEMENT

__all__ = ["Placing"]

_BLOCK = 256
_ATTEMPTS = 20
_SLACK = 0.5e-9  # of the memory: half of the referee's own tolerance, the rest is left to rounding


@dataclass(slots=True, eq=False)
class Placing:
    """A plan in the making: placements, and what they put on resources and nodes.

    Attributes
    ----------
    placement : int array, shape (n_tasks, PLACEMENT)
        As in `OptionSpace`; meaningless where not `placed`.
    placed : bool array, shape (n_tasks,)
        Which tasks have one.
    load : array, shape (n_resources,)
        ``sum_k s_kr`` of the placed tasks.
    """

    pricing: Pricing
    placement: IntArray
    placed: IntArray
    load: FloatArray
    _room: FloatArray
    _ints: IntArray
    _floats: FloatArray

    @classmethod
    def empty(cls, pricing: Pricing) -> Placing:
        """Return the state with no task placed."""
        space = pricing.space
        n, system = space.problem.instance.n_tasks, space.problem.instance.system
        ints, floats = scratch(n, space.width)
        return cls(
            pricing=pricing,
            placement=np.zeros((n, PLACEMENT), np.int64),
            placed=np.zeros(n, np.int64),
            load=np.zeros(max(len(system.resources), 1)),
            _room=space.data[0][:, MEMORY] * (1.0 + _SLACK),
            _ints=ints,
            _floats=floats,
        )

    @classmethod
    def at(cls, pricing: Pricing, placement: IntArray) -> Placing:
        """Return the state of a plan."""
        state = cls.empty(pricing)
        state.placement[:] = placement
        state.placed[:] = 1
        state.refill(anew=True)
        return state

    def fits(self) -> bool:
        """Return whether all tasks are placed within the memory limits."""
        return bool(self.placed.all() and (self._room >= 0.0).all())

    def reply(self, order: IntArray, late: Callable[[], bool] = lambda: False) -> tuple[int, int]:
        """Let the tasks of `order` reply in turn; unplaced ones are placed.

        Returns
        -------
        moves : int
            How many changed their option or were placed.
        failed : int
            Unplaced task for which no option fits (the turn ends there), or -1.
        """
        pricing, space, moves = self.pricing, self.pricing.space, 0
        sizes = (space.most_versions, space.most_positions, space.width)
        self.refill()
        for begin in range(0, len(order), _BLOCK):
            if late():
                break
            moved, failed = _reply(
                order[begin : begin + _BLOCK],
                space.data,
                pricing.clouds,
                pricing.cloud_at,
                sizes,
                pricing.limited,
                pricing.free_cost,
                pricing.free_placement,
                False,
                self.placement,
                self.placed,
                self.load,
                self._room,
                self._ints,
                self._floats,
            )
            moves += int(moved)
            if failed >= 0:
                return moves, int(failed)
        self.refill()
        return moves, -1

    def place(self, order: IntArray, late: Callable[[], bool] = lambda: False) -> bool:
        """Place all tasks in `order`; who finds no room goes first in another attempt. Return whether all found room."""
        for _ in range(_ATTEMPTS):
            self.placed[:] = 0
            _, failed = self.reply(order, late)
            if failed < 0 or late():
                break
            order = np.concatenate(([failed], order[order != failed]))
        return self.fits()

    def descend(self, order: IntArray, late: Callable[[], bool] = lambda: False) -> int:
        """Reply until nobody moves or it is late; return the number of moves."""
        total = 0
        while not late():
            moves, _ = self.reply(order, late)
            total += moves
            if not moves:
                break
        return total

    def refill(self, *, anew: bool = False) -> None:
        """Sum loads and room anew; `anew`: write the options of the placements first."""
        space = self.pricing.space
        self._room[:] = space.data[0][:, MEMORY] * (1.0 + _SLACK)
        _fill(
            anew, space.data, space.width, space.most_positions, self.placement, self.placed, self.load, self._room,
            self.pricing.limited, self._ints, self._floats,
        )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _put(p, sign, ints, floats, load, room, limited):
    for u in range(ints[p, USES]):
        load[ints[p, RESOURCE + u]] += sign * np.sqrt(floats[p, WEIGHT + 2 * u] * floats[p, SECONDS + 2 * u])
    for u in range(ints[p, HOLDS]):
        if limited[ints[p, NODE + u]]:
            room[ints[p, NODE + u]] -= sign * floats[p, BYTES + u]


@njit(cache=True, error_model="numpy")
def _write(k, placement, data, ints, floats, linear, seconds, routes, weight):
    c = placement[k, 0] if placement[k, 0] < 0 else data[9][k] + placement[k, 0]
    g = data[7][int(data[2][k, NETWORK])] + placement[k, 1]
    y, i, j = placement[k, 2], placement[k, 3], placement[k, 4]
    open_parts(k, c, g, y, data, linear, seconds, routes, weight)
    write_option(k, k, c, g, y, i, j, data, ints, floats, linear, seconds, routes, weight)


@njit(cache=True, error_model="numpy")
def _fill(anew, data, width, n_positions, placement, placed, load, room, limited, ints, floats):
    linear, seconds = np.zeros((3, n_positions)), np.zeros((3, n_positions))
    routes, weight = np.zeros((3, 3 + 3 * width)), np.zeros(3)
    load[:] = 0.0
    for k in range(len(placed)):
        if placed[k]:
            if anew:
                _write(k, placement, data, ints, floats, linear, seconds, routes, weight)
            _put(k, 1.0, ints, floats, load, room, limited)


@njit(cache=True, error_model="numpy")
def _reply(
    order,
    data,
    clouds,
    cloud_at,
    sizes,
    limited,
    free_cost,
    free_placement,
    collect,
    placement,
    placed,
    load,
    room,
    ints,
    floats,
):
    """Let the tasks of `order` reply in turn; see `Placing.reply`.

    `collect` is always false: a constant here would have the search compiled again for it.
    """
    work = workspace(sizes[0], sizes[1], sizes[2], len(clouds), len(load))
    hits, points, rent = np.empty((1, PLACEMENT), np.int64), np.zeros(len(load)), np.zeros(len(limited))
    linear, seconds, routes, weight = work[:4]
    marginal_price = 2.0 * load
    moves = 0
    for k in order:
        now = np.inf
        if placed[k]:
            _put(k, -1.0, ints, floats, load, room, limited)
            now = floats[k, COST]
            for u in range(ints[k, USES]):
                b = floats[k, WEIGHT + 2 * u] * floats[k, SECONDS + 2 * u]
                now += 2.0 * load[ints[k, RESOURCE + u]] * np.sqrt(b) + b
                marginal_price[ints[k, RESOURCE + u]] = 2.0 * load[ints[k, RESOURCE + u]]
            now -= IMPROVEMENT * abs(now)
        limit = min(now, free_cost[k])
        _, found = search(
            k, data, clouds, cloud_at, marginal_price, points, rent, room, free_cost[k], limit, collect, work, hits
        )
        if found or free_cost[k] < now:
            for column in range(PLACEMENT):
                placement[k, column] = hits[0, column] if found else free_placement[k, column]
            _write(k, placement, data, ints, floats, linear, seconds, routes, weight)
            moves += 1
        elif not placed[k]:
            return moves, k
        placed[k] = 1
        _put(k, 1.0, ints, floats, load, room, limited)
        for u in range(ints[k, USES]):
            marginal_price[ints[k, RESOURCE + u]] = 2.0 * load[ints[k, RESOURCE + u]]
    return moves, -1
