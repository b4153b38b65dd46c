"""Passes over tasks whose blocks are held by the workers of a Dask cluster.

A block is one lane of one wave (`solvers.decomposition.waves`), and passes add up as those of one process do, in the
same order: the results are the same to the last bit. Prices go to each block as far as its tasks reach; loads and a sum
come back. Mixes and options stay on the workers.

Every step is a function of a block, its last mixes, prices and luck. Where a worker is lost, Dask makes again what it
held: the block from the copy that the scheduler keeps, the mixes by the steps that led to them.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Any

import numpy as np

from instances.columns import Array, FloatArray, IntArray
from instances.networks.importers.optional import require
from solvers.decomposition.distributed import steps
from solvers.decomposition.distributed.cutting import cut, tables_of
from solvers.decomposition.distributed.luck import luck_of
from solvers.decomposition.segment_finding import Found, joined
from solvers.decomposition.segments import Segments
from solvers.decomposition.waves import lanes_of

__all__ = ["DistributedPasses", "DistributedState", "Traffic"]


def _run_names() -> Iterator[str]:
    """Return names for steps, those of no other run."""
    run = uuid.uuid4().hex[:12]
    return (f"tiercut-{run}-{n}" for n in itertools.count())


@dataclass(slots=True)
class Traffic:
    """Bytes of arrays: of the blocks when they were sent, of what went out since then, of what came in."""

    blocks: int = 0
    sent: int = 0
    received: int = 0


@dataclass(slots=True, eq=False)
class _Held:
    """A block on a worker: its future, how many tasks it has, which resources they reach, its latest mixes."""

    future: Any
    n_tasks: int
    resources: IntArray
    mixes: Any = None


@dataclass(slots=True, eq=False)
class DistributedState:
    """Futures of what has the options of each block's tasks, block after block."""

    parts: list[Any]


@dataclass(slots=True, eq=False)
class DistributedPasses:
    """Passes over tasks held by Dask workers; see `solvers.decomposition.passes.Passes`.

    Parameters
    ----------
    client : distributed.Client
        With at least one worker.
    load : array, shape (n_resources,)
        Of the relaxation.
    """

    client: Any
    load: FloatArray
    _waves: list[list[_Held]]
    _tables: Any
    _cost: float = 0.0
    traffic: Traffic = field(default_factory=Traffic)
    _names: Iterator[str] = field(default_factory=_run_names)

    @classmethod
    def start(cls, client: Any, segments: Segments, n_resources: int) -> DistributedPasses:
        """Send every block to a worker, the lanes of a wave to different ones, and return passes over them."""
        passes = cls(client, np.zeros(n_resources), [], None)
        [passes._tables] = passes._map(steps.keep, [tables_of(segments)])
        workers = sorted(client.nthreads())
        for wave in lanes_of(len(segments.tasks)):
            lanes = []
            for lane, (begin, end) in enumerate(wave):
                block = cut(segments, begin, end)
                passes.traffic.blocks += _bytes(block)
                # a task and not scattered data: it is made again where the only worker that held it was lost
                [future] = passes._map(
                    steps.hold,
                    [passes._tables],
                    [block],
                    workers=[workers[lane % len(workers)]],
                    allow_other_workers=True,
                )
                lanes.append(_Held(future, end - begin, block.resources))
            # a wave at a time, so that no more than that is on its way
            passes._gather(passes._map(len, [held.future for held in lanes]))
            passes._waves.append(lanes)
        return passes

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return sum(held.n_tasks for held in self._blocks)

    @property
    def reached(self) -> int:
        """Number of resources that each block reaches, summed over the blocks: what is sent and comes back in a pass."""
        return sum(len(held.resources) for held in self._blocks)

    def sweep(self, rng: np.random.Generator | None) -> None:
        """Move every task towards its cheapest option."""
        luck = iter(luck_of(rng, [held.n_tasks for held in self._blocks]))
        own, cost = np.zeros(len(self.load)), []
        for wave in self._waves:
            prices = self._reached(self.load, wave)
            mixes = self._pass(steps.sweep, wave, [held.mixes for held in wave], prices, [next(luck) for _ in wave])
            reports: list[steps.Report] = self._gather(self._map(steps.report, mixes))
            for held, latest in zip(wave, mixes, strict=True):
                held.mixes = latest
            self.load = self._moved(self.load, wave, [report.lane for report in reports])
            for held, report in zip(wave, reports, strict=True):
                own[held.resources] += report.own
                cost.append(report.cost)
        self.load, self._cost = own, fsum(cost)

    def value(self) -> float:
        """Return the relaxed objective."""
        return float(self._cost + np.dot(self.load, self.load))

    def drawn(self) -> DistributedState:
        """Return the drawn state."""
        return DistributedState([held.mixes for held in self._blocks])

    def load_of(self, state: DistributedState) -> tuple[float, FloatArray]:
        """Return cost and loads of `state`."""
        total = np.zeros(len(self.load))
        told = self._gather(self._pass(steps.loads, self._blocks, state.parts))
        for held, (_, used) in zip(self._blocks, told, strict=True):
            total[held.resources] += used
        return fsum(cost for cost, _ in told), total

    def find(self, points: FloatArray, state: DistributedState) -> Found:
        """Give every task its cheapest option."""
        blocks = self._blocks
        state.parts = self._pass(steps.priced, blocks, state.parts, self._reached(points, blocks))
        return joined(self._gather(self._map(steps.tell_found, state.parts)), self._begins[:-1].tolist())

    def reply(self, state: DistributedState, load: FloatArray) -> tuple[int, FloatArray]:
        """Let every task reply once."""
        moves, begin = 0, 0
        for wave in self._waves:
            mine = slice(begin, begin + len(wave))
            after = self._pass(steps.replied, wave, state.parts[mine], self._reached(load, wave))
            told = self._gather(self._map(steps.tell_reply, after))
            state.parts[mine] = after
            load = self._moved(load, wave, [lane for lane, _ in told])
            moves, begin = moves + sum(moved for _, moved in told), begin + len(wave)
        return moves, load

    def changed(self, state: DistributedState, task: IntArray, code: Array) -> DistributedState:
        """Send the options of some tasks to the blocks that these are in."""
        after = DistributedState(list(state.parts))
        at = np.searchsorted(task, self._begins)
        mine = [block for block in range(len(after.parts)) if at[block] < at[block + 1]]
        rows = [task[at[block] : at[block + 1]] - self._begins[block] for block in mine]
        codes = [code[at[block] : at[block + 1]] for block in mine]
        self.traffic.sent += sum(map(_bytes, (*rows, *codes)))
        if mine:
            chosen = self._map(steps.changed, [state.parts[block] for block in mine], rows, codes)
            for block, part in zip(mine, chosen, strict=True):
                after.parts[block] = part
        return after

    def codes(self, state: DistributedState) -> Array:
        """Gather the options of all tasks."""
        found: Array = np.concatenate(
            self._gather(self._map(steps.codes, [held.future for held in self._blocks], state.parts))
        )
        return found

    @property
    def _begins(self) -> IntArray:
        """The first task of each block, and the number of all."""
        begins: IntArray = np.cumsum([0, *(held.n_tasks for held in self._blocks)])
        return begins

    @property
    def _blocks(self) -> list[_Held]:
        return [held for wave in self._waves for held in wave]

    def _reached(self, load: FloatArray, blocks: Sequence[_Held]) -> list[FloatArray]:
        """Return what each block's tasks see of the loads."""
        parts = [load[held.resources] for held in blocks]
        self.traffic.sent += sum(part.nbytes for part in parts)
        return parts

    def _moved(self, load: FloatArray, wave: Sequence[_Held], lanes: Iterable[FloatArray]) -> FloatArray:
        """Return the loads after a wave, given what each lane sees at its end."""
        change = np.zeros(len(load))
        for held, lane in zip(wave, lanes, strict=True):
            change[held.resources] += lane - load[held.resources]
        return load + change

    def _pass(self, step: Callable[..., Any], blocks: Sequence[_Held], *given: Sequence[Any]) -> list[Any]:
        """Return futures of a step with each of the blocks."""
        return self._map(step, [self._tables] * len(blocks), [held.future for held in blocks], *given)

    def _map(self, step: Callable[..., Any], *given: Sequence[Any], **where: Any) -> list[Any]:
        """Return futures of a step for each row of what is given, sent as one message."""
        names = [next(self._names) for _ in given[0]]
        futures: list[Any] = self.client.map(step, *given, key=names, pure=False, **where)
        return futures

    def _gather(self, futures: list[Any]) -> list[Any]:
        """Return the results in order.

        Raises
        ------
        ConnectionError
            If the scheduler is gone, or workers were lost again and again.
        """
        distributed = require("distributed", "cluster")
        try:
            results: list[Any] = self.client.gather(futures)
        except distributed.scheduler.KilledWorker as error:
            raise ConnectionError(f"workers were lost again and again: {error}".split(". ")[0]) from None
        except distributed.CancelledError as error:
            raise ConnectionError(f"the cluster's scheduler is gone: {error}") from None
        self.traffic.received += sum(map(_bytes, results))
        return results


def _bytes(result: Any) -> int:
    """Return the bytes of the arrays in a result."""
    if isinstance(result, np.ndarray):
        return result.nbytes
    return sum(map(_bytes, result)) if isinstance(result, tuple) else 0
