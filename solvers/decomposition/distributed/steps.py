"""What runs on a worker: one pass over one block, as a function of what it is given.

A step changes nothing that it is given, so that Dask may run it again, anywhere, where a result was lost with its worker.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from instances.columns import Array, FloatArray, IntArray
from solvers.decomposition.blocks import reached, sweep_block
from solvers.decomposition.distributed.cutting import Block, Tables
from solvers.decomposition.distributed.luck import Luck
from solvers.decomposition.replies import add_up, reply_block
from solvers.decomposition.segment_pricing import CODE, price_block, room_for
from solvers.decomposition.segments import Segments
from solvers.decomposition.shortlist import shortlist

__all__ = [
    "Few",
    "Held",
    "Mixes",
    "Replied",
    "Report",
    "codes",
    "hold",
    "keep",
    "loads",
    "near",
    "price",
    "replied",
    "report",
    "sweep",
    "tell_reply",
]


class Held(NamedTuple):
    """A block with the resources that each of its tasks can reach, as offsets and rows."""

    block: Block
    offsets: IntArray
    resource: Array


class Report(NamedTuple):
    """What the client is told of a sweep: the lane's loads, the block's own loads, the cost of its mixes."""

    lane: FloatArray
    own: FloatArray
    cost: float


class Mixes(NamedTuple):
    """Every task's mix as sums on what it reaches, its cost, the option drawn from it."""

    mix: FloatArray
    cost: FloatArray
    state: Array
    report: Report


class Few(NamedTuple):
    """A block's part of a shortlist: options of each task, uses of each option, and the columns of both."""

    options: Array
    cost: FloatArray
    uses: Array
    resource: Array
    root: FloatArray
    code: Array


class Replied(NamedTuple):
    """The options after replies, the lane's loads, how many tasks moved."""

    state: Array
    lane: FloatArray
    moves: int


def keep(tables: Tables) -> Tables:
    """Return the tables, which every worker that has a block of them keeps."""
    return tables


def hold(tables: Tables, block: Block) -> Held:
    """Return a block ready for passes."""
    return Held(block, *reached(_whole(tables, block)))


def _whole(tables: Tables, block: Block) -> Segments:
    """Return the block's segments with the tables of the networks."""
    columns: Any = block.segments._replace(**tables._asdict())
    # what came over the wire may be read-only, for which the kernels would be compiled anew
    return Segments(*(np.require(column, requirements="W") for column in columns))


def sweep(tables: Tables, held: Held, mixes: Mixes | None, load: FloatArray, luck: Luck) -> Mixes:
    """Step with every task of the block, given the loads of its resources when the wave began."""
    segments = _whole(tables, held.block)
    n = len(segments.tasks)
    lane = np.array(load)
    if mixes is None:
        mix, cost, state = np.zeros(len(held.resource)), np.full(n, -1.0), np.zeros((n, CODE), np.int32)
    else:
        mix, cost, state = mixes.mix.copy(), mixes.cost.copy(), mixes.state.copy()
    room = room_for(segments)
    sweep_block(0, n, segments, room, lane, luck.draw(), held.offsets, held.resource, mix, cost, state)
    own = np.bincount(held.resource, mix, minlength=len(lane)).astype(np.float64)
    return Mixes(mix, cost, state, Report(lane, own, float(cost.sum())))


def report(mixes: Mixes) -> Report:
    """Return what the client is told of a sweep."""
    return mixes.report


def _own(drawn: Mixes | Replied) -> Array:
    """Return a copy of the options that were drawn, or replied with: what steps are given stays as it is."""
    own: Array = drawn.state.copy()
    return own


def price(tables: Tables, held: Held, points: FloatArray) -> tuple[float, FloatArray]:
    """Return the sum of the cheapest options' costs at the points, and what they put on the block's resources."""
    segments = _whole(tables, held.block)
    used = np.zeros(len(points))
    total = price_block(0, len(segments.tasks), np.array(points), segments, room_for(segments), used)
    return float(total), used


def loads(tables: Tables, held: Held, drawn: Mixes | Replied) -> FloatArray:
    """Return what the options put on the block's resources."""
    segments = _whole(tables, held.block)
    used = np.zeros(len(held.block.resources))
    state = _own(drawn)
    add_up(0, len(state), state, segments, room_for(segments), used)
    return used


def replied(tables: Tables, held: Held, drawn: Mixes | Replied, load: FloatArray) -> Replied:
    """Let every task of the block reply to the loads when the wave began."""
    segments = _whole(tables, held.block)
    lane, after = np.array(load), _own(drawn)
    moves = reply_block(0, len(after), after, segments, room_for(segments), lane)
    return Replied(after, lane, int(moves))


def tell_reply(after: Replied) -> tuple[FloatArray, int]:
    """Return what the client is told of a reply: the lane's loads and how many moved."""
    return after.lane, after.moves


def codes(held: Held, drawn: Mixes | Replied) -> Array:
    """Return the options by the numbers that they have among all tasks."""
    return held.block.numbered(drawn.state)


def near(tables: Tables, held: Held, points: FloatArray, drawn: Mixes | Replied) -> Few:
    """Return the block's part of the shortlist, by the numbers of the whole."""
    few = shortlist(_whole(tables, held.block), np.array(points), _own(drawn), threads=1)
    resource = held.block.resources[few.game.resource].astype(few.game.resource.dtype)
    return Few(
        np.diff(few.game.task_offsets).astype(np.int32),
        np.array(few.game.cost),
        np.diff(few.game.use_offsets).astype(np.int32),
        resource,
        few.game.use,
        held.block.numbered(few.code),
    )
