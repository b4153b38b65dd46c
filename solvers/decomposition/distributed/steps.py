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
from solvers.decomposition.segment_finding import Found, find
from solvers.decomposition.segment_options import CODE
from solvers.decomposition.segment_pricing import room_for
from solvers.decomposition.segments import Segments

__all__ = [
    "Chosen",
    "Held",
    "Mixes",
    "Priced",
    "Replied",
    "Report",
    "changed",
    "codes",
    "hold",
    "keep",
    "loads",
    "priced",
    "replied",
    "report",
    "sweep",
    "tell_found",
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


class Priced(NamedTuple):
    """The cheapest options at the points of a pass, and what the client is told of them."""

    state: Array
    found: Found


class Chosen(NamedTuple):
    """Options of which the client has chosen some."""

    state: Array


class Replied(NamedTuple):
    """The options after replies, the lane's loads, how many tasks moved."""

    state: Array
    lane: FloatArray
    moves: int


State = Mixes | Priced | Chosen | Replied


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


def _own(state: State) -> Array:
    """Return a copy of the options: what steps are given stays as it is."""
    own: Array = state.state.copy()
    return own


def priced(tables: Tables, held: Held, state: State, points: FloatArray) -> Priced:
    """Give every task of the block its cheapest option at the points."""
    after = _own(state)
    found = find(_whole(tables, held.block), np.array(points), after, [(0, len(after))], threads=1)
    return Priced(after, found._replace(resource=held.block.resources[found.resource].astype(found.resource.dtype)))


def tell_found(after: Priced) -> Found:
    """Return what the client is told of priced tasks, by the resources of the whole."""
    return after.found


def changed(state: State, task: IntArray, code: Array) -> Chosen:
    """Return the options with others for some rows of the block."""
    after = _own(state)
    after[task] = code
    return Chosen(after)


def loads(tables: Tables, held: Held, state: State) -> tuple[float, FloatArray]:
    """Return what the options cost and what they put on the block's resources."""
    segments = _whole(tables, held.block)
    used = np.zeros(len(held.block.resources))
    codes = _own(state)
    cost = add_up(0, len(codes), codes, segments, room_for(segments), used)
    return float(cost), used


def replied(tables: Tables, held: Held, state: State, load: FloatArray) -> Replied:
    """Let every task of the block reply to the loads when the wave began."""
    segments = _whole(tables, held.block)
    lane, after = np.array(load), _own(state)
    moves = reply_block(0, len(after), after, segments, room_for(segments), lane)
    return Replied(after, lane, int(moves))


def tell_reply(after: Replied) -> tuple[FloatArray, int]:
    """Return what the client is told of a reply: the lane's loads and how many moved."""
    return after.lane, after.moves


def codes(held: Held, state: State) -> Array:
    """Return the options by the numbers that they have among all tasks."""
    return held.block.numbered(state.state)
