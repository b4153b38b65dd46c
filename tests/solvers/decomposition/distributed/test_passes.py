"""Passes over blocks give to the last bit what passes over all tasks give; blocks know no more than they reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from formulations.joint.problem import JointProblem
from instances.generators.registry import generate
from solvers.decomposition.distributed.cutting import cut
from solvers.decomposition.distributed.luck import luck_of
from solvers.decomposition.distributed.passes import DistributedPasses
from solvers.decomposition.passes import LocalPasses, Passes
from solvers.decomposition.segment_master import SegmentMaster
from solvers.decomposition.segment_options import CODE, option_parts
from solvers.decomposition.segment_pricing import cheapest, room_for
from solvers.decomposition.segments import Segments, segments_of
from solvers.decomposition.waves import lanes_of
from tests.formulations.joint.random_problems import random_problem
from tests.solvers.decomposition.distributed.conftest import Here


def metro(tasks: int, seed: int, **settings: str) -> JointProblem:
    asked = {"tasks": str(tasks), "clouds": "2", "exits": "true", "core": "shared", **settings}
    return JointProblem(instance=generate("metro", asked, seed))


def segments_for(given: JointProblem) -> Segments:
    segments = segments_of(given)
    assert isinstance(segments, Segments)
    return segments


def all_that_passes_say(passes: Passes) -> list[Any]:
    """Return loads, values, what is found and options after some sweeps, passes of the master, and replies."""
    rng, said = np.random.default_rng(3), list[Any]()
    for chance in (None, rng, rng):
        passes.sweep(chance)
        said += [passes.load, passes.value()]
    state = passes.drawn()
    said += [passes.n_tasks, np.array(passes.codes(state)), *passes.load_of(state), rng.random()]
    for points in (passes.load, 0.5 * passes.load):
        found = passes.find(points, state)
        # which numbers an option has in a block is the block's affair
        said += [*found._replace(code=np.empty(0)), np.array(passes.codes(state))]
    was = passes.changed(state, found.task, found.code[::2])
    said += [np.array(passes.codes(was)), np.array(passes.codes(state))]
    _, load = passes.reply(was, passes.load_of(was)[1])
    moves, load = passes.reply(was, load)
    return [*said, moves, load, np.array(passes.codes(was)), np.array(passes.codes(state))]


def check_equal(given: JointProblem) -> None:
    segments, n = segments_for(given), len(given.instance.system.resources)
    local = all_that_passes_say(LocalPasses.start(segments, n, threads=1))
    away = all_that_passes_say(DistributedPasses.start(Here(), segments, n))
    for one, other in zip(local, away, strict=True):
        assert np.array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype


@pytest.mark.parametrize("tasks", [1, 60, 2_500])
def test_blocks_give_what_the_whole_gives(tasks: int) -> None:
    check_equal(metro(tasks, 1))


def is_served(given: JointProblem) -> bool:
    """Return whether every task has an option."""
    passes = LocalPasses.start(segments_for(given), len(given.instance.system.resources), 1)
    passes.sweep(None)
    return bool(np.isfinite(passes.value()))


def test_blocks_of_random_problems_give_what_the_whole_gives() -> None:
    given = [random_problem(seed, sharing="optimal") for seed in range(40)]
    apart = [one for one in given if not isinstance(segments_of(one), str)]
    served = [one for one in apart if is_served(one)]
    assert len(served) >= 8
    for one in served:
        check_equal(one)


def test_a_block_prices_its_tasks_as_the_whole_does_whatever_rows_it_has() -> None:
    given = metro(40, 2)
    segments = segments_for(given)
    rng = np.random.default_rng(0)
    points = rng.random(len(given.instance.system.resources))
    room, code = room_for(segments), np.empty((2, CODE), np.int64)
    for begin, end in ((0, 40), (0, 1), (39, 40), (7, 19)):
        block = cut(segments, begin, end)
        whole = block.segments._replace(
            **{name: getattr(segments, name) for name in Segments._fields if not getattr(block.segments, name).size}
        )
        for k in range(begin, end):
            cost = cheapest(k, points, 0.0, segments, room, code[0])
            assert cheapest(k - begin, points[block.resources], 0.0, whole, room, code[1]) == cost
            n, fixed = option_parts(k, code[0], segments, room.resource, room.root)
            uses = dict(zip(room.resource[:n].tolist(), room.root[:n].tolist(), strict=True))
            assert option_parts(k - begin, code[1], whole, room.resource, room.root) == (n, fixed)
            own = block.resources[room.resource[:n]].tolist()
            assert dict(zip(own, room.root[:n].tolist(), strict=True)) == uses
            assert (block.numbered(code[1:])[0] == code[0]).all()


def test_what_is_sent_is_as_long_as_what_blocks_reach() -> None:
    given = metro(2_500, 3, core="fixed")
    segments, n = segments_for(given), len(given.instance.system.resources)
    passes = DistributedPasses.start(Here(), segments, n)
    reached = sum(len(cut(segments, *span).resources) for wave in lanes_of(2_500) for span in wave)
    passes.sweep(None)
    assert passes.traffic.sent == 8 * reached
    state = passes.drawn()
    passes.find(passes.load, state)
    assert passes.traffic.sent == 16 * reached
    passes.traffic.received = 0
    passes.load_of(state)
    assert passes.traffic.received == 8 * reached
    passes.traffic.received = 0
    passes.find(passes.load, state)  # nothing changes at the same points
    assert passes.traffic.received == 8 * len([0 for wave in lanes_of(2_500) for _ in wave])
    assert reached < 0.6 * n * sum(map(len, lanes_of(2_500)))


def test_the_master_at_a_distance_gives_the_bounds_and_plan_of_one_beside_the_tasks() -> None:
    given = metro(2_500, 5)
    segments, n = segments_for(given), len(given.instance.system.resources)
    seen = []
    for passes in (LocalPasses.start(segments, n, threads=1), DistributedPasses.start(Here(), segments, n)):
        rng = np.random.default_rng(2)
        for _ in range(3):
            passes.sweep(rng)
        master = SegmentMaster.start(passes, passes.drawn(), passes.load)
        bounds = [master.step() for _ in range(4)]
        plan = passes.codes(master.plan(5, 3e-3, rng))
        assert len(master.pool.task) > 20
        seen.append((bounds, master.value(), plan.tolist(), passes.codes(master.state).tolist()))
    assert seen[0] == seen[1]


def content(given: Any) -> Any:
    """Return what is in arrays and in what holds them, as something that can be compared."""
    if isinstance(given, np.ndarray):
        return given.dtype, given.shape, given.tobytes()
    return [content(one) for one in given] if isinstance(given, tuple | list) else given


class Careful(Here):
    """Runs every step twice and looks whether what it was given is still the same."""

    def map(self, step: Any, *given: Any, key: list[str], **_: Any) -> list[Any]:
        before = content(given)
        first = super().map(step, *given, key=key)
        assert content(given) == before, step.__name__
        again = super().map(step, *given, key=key)
        assert content(again) == content(first), step.__name__
        return again


def test_steps_change_nothing_that_they_are_given_and_give_the_same_again() -> None:
    given = metro(2_000, 4)
    segments, n = segments_for(given), len(given.instance.system.resources)
    assert all_that_passes_say(DistributedPasses.start(Careful(), segments, n))


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937])
def test_the_luck_of_blocks_is_the_luck_of_all(bits: Any) -> None:
    one, other = np.random.Generator(bits(5)), np.random.Generator(bits(5))
    for rng in (one, other):
        rng.integers(10, dtype=np.int32)  # leaves half a number behind
    drawn = np.concatenate([part.draw() for part in luck_of(one, [3, 0, 5])])
    assert (drawn == other.random(8)).all()
    assert (
        one.integers(1 << 30, size=4, dtype=np.int32).tolist()
        == other.integers(1 << 30, size=4, dtype=np.int32).tolist()
    )
