r"""Branch and bound of (J) on a bound of its own: options are ruled out at every node.

A node is a set of options for every task. Where all options of task k use resource r with at least ``l_kr``, so does
every plan of the node; with ``Y_r = sum_k l_kr`` and excesses ``e_kpr = s_kpr - l_kr`` the cost is

    sum_k c_k + sum_r [ Y_r^2 + 2 Y_r sum_k e_kr + (sum_k e_kr)^2 ],

and the cut (T) of `formulations.joint.tangents` under the last square alone gives, for any points ``t_r >= 0``,

    L(t) = sum_r (Y_r^2 - t_r^2) + sum_k min_p [ c_kp + sum_r ( 2 Y_r e_kpr + phi_{t_r}(e_kpr) ) ].

For tasks whose option is decided nothing is lost, and what is lost on the others shrinks with what they can still
choose. At the root ``l = 0`` mostly, and L is the bound of `solvers.decomposition.cut_dual`. A few heavy tasks that
no price can balance are the reason for large gaps; once they are decided, the rest is almost tight, and reduced costs
against the value of the best plan rule out most of it.

The task to split is the one with two options near its cheapest that are farthest apart in what they load; it is split
by how much of one resource it takes. Nodes are searched depth first in turns; every turn starts from those of least
bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from formulations.joint.options import OptionTable
from instances.columns import Array, FloatArray, IntArray
from solvers.contract import Outcome, Termination
from solvers.decomposition.blocks import side_by_side
from solvers.decomposition.rounding import ROUNDING
from solvers.exact.branch_node import Residual, Room
from solvers.exact.branch_search import BOUND, NODES, OPEN, VALUE, Stack, search
from solvers.exact.claim import Claim
from solvers.exact.narrowing import Narrowing

__all__ = ["Branching", "branch", "residual"]

_STEPS = 12
_WORK = 20_000_000
"""Uses priced in a turn, a small part of a second."""

_PART = 0.9
_LEAST_SHARE = 1e-11
"""Of the tolerance, closed nodes are allowed `_PART`, but never less than what rounding takes off bounds."""

_MEMORY_TURNS = 40
_DEEP, _WIDE = 256, 16
_MOST_ENTRIES = 20_000_000


def residual(table: OptionTable, keep: IntArray) -> Residual:
    """Return the rows `keep` of the table, increasing, as the kernels read them."""
    task = table.option_task()[keep]
    offsets, uses = _rows(table.use_offsets, keep)
    _, held = _rows(table.memory_offsets, keep)
    holder = np.repeat(np.arange(len(keep)), np.diff(table.memory_offsets)[keep])
    node = table.memory_node[held].astype(np.int64)
    size, limit = table.memory_bytes[held], table.problem.instance.system.node_memory_bytes[node]
    share = np.divide(size, limit, out=np.zeros(len(size)), where=size > 0)
    pairs, pair = np.unique(node * table.n_tasks + task[holder], return_inverse=True)
    most = np.zeros(len(pairs))
    np.maximum.at(most, pair, share)
    limits = np.flatnonzero(np.bincount(pairs // table.n_tasks, most) > 1.0)
    mine = np.isin(node, limits)
    counts = np.bincount(holder[mine], minlength=len(keep))
    return Residual(
        task=task.astype(np.int32),
        cost=table.cost[keep],
        use_offsets=offsets,
        resource=table.use_resource[uses].astype(np.int32),
        use=table.use_root[uses],
        memory_offsets=np.concatenate(([0], np.cumsum(counts))),
        node=np.searchsorted(limits, node[mine]).astype(np.int32),
        bytes=share[mine],
        n_nodes=len(limits),
        n_tasks=table.n_tasks,
        n_resources=table.n_resources,
    )


def _rows(offsets: IntArray, keep: IntArray) -> tuple[IntArray, IntArray]:
    """Return offsets of the groups `keep`, and the rows that are in them."""
    counts = np.diff(offsets)[keep]
    new = np.concatenate(([0], np.cumsum(counts)))
    return new, np.repeat(offsets[keep] - new[:-1], counts) + np.arange(new[-1])


class _Node(NamedTuple):
    """An open node."""

    bound: float
    level: FloatArray
    alive: Array


@dataclass(slots=True, eq=False)
class Branching:
    """The tree: open nodes, the best plan and what closed nodes prove.

    Parameters
    ----------
    left : Residual
        Options that are left.
    value : float
        Of the best plan, by the formula of (J).
    choice : int array or None
        Its option of every task, as rows of `left`; None where no better plan than that at the start was found.
    share : float
        A node whose bound is within this relative gap of `value` is closed.
    """

    left: Residual
    value: float
    share: float
    choice: IntArray | None
    nodes: list[_Node]
    n_nodes: int
    _closed: float
    _stacks: list[Stack]
    _rooms: list[Room]

    @classmethod
    def start(cls, left: Residual, value: float, bound: float, level: FloatArray, tolerance: float) -> Branching:
        """Return the tree that is its root.

        Parameters
        ----------
        left : Residual
            Every task has an option.
        value : float
            Of the plan at hand; options that are not left are in no better plan.
        bound : float
            Known for the root.
        level : array, shape (n_resources,)
            Loads at which to start the cuts.
        tolerance : float
            Relative gap to prove.
        """
        root = _Node(bound, level, np.arange(len(left.cost), dtype=np.int32))
        share = max(_PART * tolerance, _LEAST_SHARE)
        return cls(left, value, share, None, [root], 0, np.inf, [], [])

    @property
    def bound(self) -> float:
        """The least bound of open and closed nodes."""
        return min([self._closed, *(node.bound for node in self.nodes)])

    def turn(self, threads: int) -> None:
        """Search for a part of a second; the result depends on the number of threads, but not on their speed."""
        if sum(len(node.alive) for node in self.nodes) <= _MOST_ENTRIES:
            self.nodes.sort(key=lambda node: -node.bound)
        else:  # finish what is nearly done first, so that no more nodes stay open
            self.nodes.sort(key=lambda node: -len(node.alive))
        hands = [self.nodes[first::threads] for first in range(min(threads, len(self.nodes)))]
        while len(self._rooms) < len(hands):
            self._rooms.append(Room.of(self.left))
            self._stacks.append(_stack(0, 0, 0))
        numbers = np.tile([self.value, self.share, self.value - self.share * abs(self.value), np.inf], (len(hands), 1))
        done = side_by_side(
            self._search, [(worker, hand, numbers[worker]) for worker, hand in enumerate(hands)], len(hands)
        )
        self.nodes = [node for nodes, _ in done for node in nodes]
        self.n_nodes += sum(count for _, count in done)
        best = int(np.argmin(numbers[:, VALUE]))
        if numbers[best, VALUE] < self.value:
            self.value, self.choice = float(numbers[best, VALUE]), self._rooms[best].best_choice.copy()
        self._closed = min(self._closed, float(numbers[:, BOUND].min()))

    def _search(self, worker: int, nodes: list[_Node], numbers: FloatArray) -> tuple[list[_Node], int]:
        """Search below `nodes` for a turn; return the open nodes and how many were taken."""
        counts = np.array([0, len(nodes)])
        stack = self._stacks[worker] = _laid_out(nodes, self._stacks[worker])
        while search(self.left, stack, counts, numbers, _WORK, _STEPS, self._rooms[worker]):
            stack = self._stacks[worker] = _laid_out(_nodes_of(stack, int(counts[OPEN])), _stack(0, 0, 0))
        return _nodes_of(stack, int(counts[OPEN])), int(counts[NODES])


def _nodes_of(stack: Stack, n: int) -> list[_Node]:
    """Return the first `n` nodes of the stack, as copies."""
    spans = zip(stack.begin[:n].tolist(), stack.end[:n].tolist(), strict=True)
    return [
        _Node(float(stack.bound[i]), stack.level[i].copy(), stack.pool[begin:end].copy())
        for i, (begin, end) in enumerate(spans)
    ]


def _laid_out(nodes: list[_Node], stack: Stack) -> Stack:
    """Return a stack with `nodes`, the last on top, and room for a dive below it; `stack` where that is large enough."""
    ends = np.cumsum([len(node.alive) for node in nodes])
    deep, entries = len(nodes) + _DEEP, int(ends[-1]) + _WIDE * max(len(node.alive) for node in nodes)
    if len(stack.begin) < deep or len(stack.pool) < entries:
        stack = _stack(2 * deep, 2 * entries, len(nodes[0].level))
    for i, node in enumerate(nodes):
        stack.begin[i], stack.end[i] = ends[i] - len(node.alive), ends[i]
        stack.pool[stack.begin[i] : stack.end[i]] = node.alive
        stack.level[i], stack.bound[i] = node.level, node.bound
    return stack


def _stack(deep: int, entries: int, n_resources: int) -> Stack:
    begin, end = np.zeros((2, deep), np.int64)
    return Stack(np.empty(entries, np.int32), begin, end, np.zeros((deep, n_resources)), np.zeros(deep))


def branch(table: OptionTable, claim: Claim, found: Narrowing) -> Outcome | Narrowing:
    """Search the tree of the options that are left until the gap is closed or the time is up.

    Only for free shares. Bounds do not know of memory, so where it can run short the search may be
    given up after some turns; it then returns what is left beside the best plan.
    """
    assert claim.value is not None
    left = residual(table, found.keep)
    tree = Branching.start(left, claim.value, found.bound, found.points[0], claim.budget.tolerance)
    choice, turns = None, 0
    while tree.nodes and claim.seconds_left > 0:
        if left.n_nodes and turns == _MEMORY_TURNS:
            return found if choice is None else found.with_plan(table, found.keep[choice], claim.value)
        tree.turn(claim.budget.threads)
        turns += 1
        claim.info["nodes"] = tree.n_nodes
        if tree.choice is not choice:
            choice = tree.choice
            claim.offer(table.plan(found.keep[choice]))
        # options that were ruled out do no better than the plan at hand, but for rounding
        claim.raise_bound(min(tree.bound, claim.value - ROUNDING * abs(claim.value)))
        if claim.closed:
            break
    late = claim.seconds_left <= 0
    return claim.outcome(Termination.TIME_LIMIT if late else Termination.COMPLETED, "the gap did not close")
