"""The label program for the latency: from a case and a set of ideals to the least latency and who runs what.

One block for each accelerator and single layers on hosts wait for each other in no circle exactly if the layers can be
laid in a chain of ideals ``{} = D_0 <= E_1 <= D_1 <= ... <= D_k <= E_(k+1) = all`` where the layers of ``D_i`` without ``E_i`` are the
block of the i-th accelerator and the others run on hosts. All that the past means for the future is, for every layer r
outside that reads one inside, when the latest of those is done. A label of an ideal holds these times and the number of
workers used of each kind; it goes on by one layer on a host or by a block, and a label that another one betters
everywhere is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from formulations.placement.case import PlacementCase
from formulations.placement.problem import PlacementProblem, layer_rules
from instances.columns import Array, BoolArray, FloatArray, IntArray
from solvers.exact.placement.ideal_kernels import Lattice
from solvers.exact.placement.label_kernels import Fringe, Labels, extend
from solvers.exact.placement.lattice import lattice_of, sets_of
from solvers.exact.placement.path_bound import Boards, boards_of

__all__ = ["Schedule", "best_schedule", "board_states", "host_choice"]

_ROWS = 256
"""Ideals between two looks at the clock."""
_FIRST_ROOM = 4_096
_MOST_CELLS = 100_000_000
"""Times of all labels together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule:
    """Result of the label program.

    `worker` is the worker of every block, None where nothing takes less than the given seconds; `value` the latency;
    `complete` whether no chain of the given ideals takes less.
    """

    worker: IntArray | None
    value: float
    complete: bool


def board_states(boards: Boards) -> int:
    """Return in how many ways accelerators can be in use, alike ones not told apart."""
    return int(np.prod(boards.number + 1.0))


def host_choice(case: PlacementCase) -> bool:
    """Return whether layers of a class would have to agree on one of several hosts, none of which is always the fastest."""
    hosts = case.seconds[[worker.host for worker in case.problem.workers]]
    if len(hosts) < 2 or not len(_classes(case)[1]):
        return False
    return not bool((hosts <= hosts.min(axis=0)).all(axis=1).any())


def best_schedule(
    case: PlacementCase, ideals: Array, tail_s: FloatArray, most: float, width: int, time_left: Callable[[], float]
) -> Schedule:
    """Return the schedule of least latency whose steps all are among `ideals`, if it is below `most`.

    Parameters
    ----------
    case : PlacementCase
        Every layer is a block of its own.
    ideals : array of uint64, shape (n_ideals, n_words)
        Smaller ones first, the empty one first of all, the full one last.
    tail_s : array, shape (n_blocks,)
        Lower bound on the seconds from the start of each block to the end.
    most : float
        Only schedules of less latency count.
    width : int
        Labels that are kept of an ideal.
    time_left : callable
        Seconds left.
    """
    boards = boards_of(case)
    lattice = _with_boards(lattice_of(case, ideals), case, boards, sets_of(ideals, case.n_blocks))
    fringe = _fringe(case, boards, sets_of(ideals, case.n_blocks), tail_s)
    n, room = len(ideals), max(1, int(np.diff(fringe.offsets).max()))
    labels = _room(_FIRST_ROOM + width, room, n)
    labels.time[0], labels.state[0], labels.parent[0], labels.offsets[1] = 0.0, 0, -1, 1
    complete, i = True, 1
    while i < n:
        if time_left() <= 0:
            return Schedule(worker=None, value=np.inf, complete=False)
        at, dropped = extend(lattice, fringe, labels, i, min(i + _ROWS, n), most, width)
        complete &= not dropped
        if at < min(i + _ROWS, n):
            if 2 * labels.time.size > _MOST_CELLS:
                return Schedule(worker=None, value=np.inf, complete=False)
            labels = _grown(labels)
        i = at
    last = slice(int(labels.offsets[n - 1]), int(labels.offsets[n]))
    ends = labels.time[last, 0]
    if not len(ends) or not ends.min() < most:
        return Schedule(worker=None, value=np.inf, complete=complete)
    one = last.start + int(ends.argmin())
    worker = _trace_back(case, boards, labels, sets_of(ideals, case.n_blocks), one)
    return Schedule(worker=worker, value=float(ends.min()), complete=complete)


def _trace_back(case: PlacementCase, boards: Boards, labels: Labels, sets: BoolArray, one: int) -> IntArray:
    worker = np.empty(case.n_blocks, dtype=np.int64)
    unused = [np.flatnonzero(case.kind == case.kind[first]).tolist() for first in boards.one.tolist()]
    host = _same_host(case, boards)
    ideal = np.searchsorted(labels.offsets, np.arange(one + 1), side="right") - 1
    while labels.parent[one] >= 0:
        before = int(labels.parent[one])
        step = sets[ideal[one]] & ~sets[ideal[before]]
        kind = int(labels.kind[one])
        worker[step] = host[step] if kind < 0 else unused[kind].pop()
        one = before
    return worker


def _same_host(case: PlacementCase, boards: Boards) -> IntArray:
    """Return the host of every block: the fastest, and where one is the fastest for all, that one."""
    hosts = np.flatnonzero([worker.host for worker in case.problem.workers])
    best = [h for h in hosts.tolist() if (case.seconds[h] <= boards.host_s).all()]
    return np.full(case.n_blocks, best[0]) if best else boards.host


def _room(n_labels: int, width: int, n_ideals: int) -> Labels:
    return Labels(
        time=np.empty((n_labels, width)),
        state=np.empty(n_labels, dtype=np.int64),
        parent=np.empty(n_labels, dtype=np.int64),
        kind=np.empty(n_labels, dtype=np.int64),
        offsets=np.zeros(n_ideals + 1, dtype=np.int64),
    )


def _grown(labels: Labels) -> Labels:
    """Return the same labels with twice the room."""
    more = _room(2 * len(labels.state), labels.time.shape[1], len(labels.offsets) - 1)
    for old, new in zip(labels[:-1], more[:-1], strict=True):
        new[: len(old)] = old
    more.offsets[:] = labels.offsets
    return more


def _with_boards(lattice: Lattice, case: PlacementCase, boards: Boards, sets: BoolArray) -> Lattice:
    """Return the lattice with the accelerators alone as worker kinds."""
    member = sets.astype(np.float64)
    return lattice._replace(
        seconds=boards.seconds @ member.T,
        barred=np.rint(boards.barred @ member.T).astype(np.int64),
        rate=boards.rate,
        limit=boards.limit,
        number=boards.number,
        stride=np.cumprod([1, *(boards.number[:-1] + 1)]).astype(np.int64)[: len(boards.number)],
    )


def _fringe(case: PlacementCase, boards: Boards, sets: BoolArray, tail_s: FloatArray) -> Fringe:
    n = case.n_blocks
    unread = np.setdiff1d(np.arange(n), case.edges[:, 0])
    edges = np.concatenate([case.edges, np.column_stack([unread, np.full(len(unread), n)])])
    edges = edges[np.argsort(edges[:, 1], kind="stable")]
    reads = sparse.csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n + 1))
    outside = ~np.column_stack([sets, np.zeros(len(sets), dtype=bool)])
    rows, reader = np.nonzero((sparse.csr_array(sets.astype(np.float64)) @ reads).toarray() * outside)
    size, members = _classes(case)
    states = np.arange(board_states(boards))
    used = np.stack([states // stride % (number + 1) for number, stride in _strides(boards)], axis=1)
    return Fringe(
        reader=reader.astype(np.int64),
        offsets=np.searchsorted(rows, np.arange(len(sets) + 1)).astype(np.int64),
        before=np.ascontiguousarray(edges[:, 0]).astype(np.int64),
        before_offsets=np.searchsorted(edges[:, 1], np.arange(n + 2)).astype(np.int64),
        size=sets.sum(axis=1).astype(np.int64),
        tail_s=np.append(tail_s, 0.0),
        host_s=boards.host_s,
        in_class=np.rint(sets.astype(np.float64) @ members).astype(np.int64),
        class_size=size,
        fewer=np.asarray((used[:, None, :] <= used[None, :, :]).all(axis=2)),
    )


def _strides(boards: Boards) -> list[tuple[int, int]]:
    """Return number and stride of every kind; without accelerators one of none."""
    strides = np.cumprod([1, *(boards.number[:-1] + 1)])[: len(boards.number)]
    return list(zip(boards.number.tolist(), strides.tolist(), strict=True)) or [(0, 1)]


def _classes(case: PlacementCase) -> tuple[IntArray, FloatArray]:
    """Return sizes and members, shape (n_blocks, n_classes), of the classes of more than one layer."""
    problem: PlacementProblem = case.problem
    names = [layer_rules(layer.kind)[1] for layer in problem.network.layers]
    count = Counter(name for name in names[1:] if name is not None)
    several = {name: column for column, name in enumerate(name for name, size in count.items() if size > 1)}
    members = np.zeros((case.n_blocks, len(several)))
    for layer, name in enumerate(names):
        if layer and name in several:
            members[case.block[layer], several[name]] = 1.0
    return members.sum(axis=0).astype(np.int64), members
