"""The two rules that drop options, on rows made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from formulations.joint.dominance import kept_options
from formulations.joint.scratch import BYTES, CANDIDATE, COST, HOLDS, NODE, RESOURCE, SECONDS, USES, WEIGHT, scratch


class Row(NamedTuple):
    """An option: its candidate, its cost, seconds and weight of each resource, bytes on each node."""

    candidate: int
    cost: float
    uses: Mapping[int, tuple[float, float]] = {}
    holds: Mapping[int, float] = {}


def kept(*rows: Row, prune: bool = True) -> list[int]:
    ints, floats = scratch(len(rows) + 1, 6)
    for p, row in enumerate(rows):
        ints[p, CANDIDATE], floats[p, COST] = row.candidate, row.cost
        ints[p, USES], ints[p, HOLDS] = len(row.uses), len(row.holds)
        for u, (resource, (seconds, weight)) in enumerate(row.uses.items()):
            ints[p, RESOURCE + u], floats[p, SECONDS + 2 * u], floats[p, WEIGHT + 2 * u] = resource, seconds, weight
        for u, (node, size) in enumerate(row.holds.items()):
            ints[p, NODE + u], floats[p, BYTES + u] = node, size
    found: list[int] = kept_options(len(rows), ints, floats, prune).tolist()
    return found


EDGE = {0: (2.0, 1.0)}


@pytest.mark.parametrize(
    ("rows", "stay"),
    [
        # (1) dearer alone than what nobody can make dearer; a tie is out too
        ((Row(-1, 5.0), Row(0, 4.0, EDGE)), [0]),
        ((Row(-1, 6.0), Row(0, 4.0, EDGE)), [0]),
        ((Row(-1, 6.5), Row(0, 4.0, EDGE)), [0, 1]),
        # weights on a limited node may be in the way, so such an option frees nobody
        ((Row(-1, 5.0, {}, {3: 1.0}), Row(0, 4.0, EDGE)), [0, 1]),
        # nor does one that uses what is shared
        ((Row(-1, 1.0, {1: (1.0, 1.0)}), Row(0, 4.0, EDGE)), [0, 1]),
        # the cheapest of several free ones stays, the first of equals
        ((Row(-1, 5.0), Row(-1, 3.0), Row(0, 3.0)), [1]),
        # (2) one that costs less and uses no more
        ((Row(0, 2.0, EDGE), Row(0, 1.0, EDGE)), [1]),
        ((Row(0, 1.0, EDGE), Row(0, 1.0, EDGE)), [0]),
        ((Row(0, 1.0, EDGE), Row(0, 1.0, {0: (1.0, 2.0)})), [0]),
        ((Row(0, 1.0, EDGE), Row(0, 1.0, {0: (1.0, 1.9)})), [1]),
        ((Row(0, 1.0, EDGE), Row(0, 1.0, {**EDGE, 1: (0.1, 1.0)})), [0]),
        # less of one and more of another, or another resource: no comparison
        ((Row(0, 1.0, {0: (1.0, 1.0), 1: (2.0, 1.0)}), Row(0, 1.0, {0: (2.0, 1.0), 1: (1.0, 1.0)})), [0, 1]),
        ((Row(0, 1.0, {0: (1.0, 1.0)}), Row(0, 1.0, {1: (2.0, 1.0)})), [0, 1]),
        ((Row(0, 1.0, {0: (2.0, 1.0)}), Row(0, 2.0, {0: (1.0, 1.0)})), [0, 1]),
        # a use of no weight is still a user of the resource
        ((Row(0, 1.0, {0: (2.0, 0.0)}), Row(0, 1.0)), [1]),
        ((Row(0, 1.0, {0: (2.0, 0.0)}), Row(0, 1.0, EDGE)), [0]),
        # memory counts like a use
        ((Row(0, 1.0, EDGE, {3: 5.0}), Row(0, 1.0, EDGE, {3: 4.0})), [1]),
        ((Row(0, 1.0, EDGE, {3: 5.0}), Row(0, 2.0, EDGE, {3: 4.0})), [0, 1]),
        ((Row(0, 1.0, EDGE, {3: 5.0}), Row(0, 1.0, EDGE)), [1]),
        ((Row(0, 1.0, EDGE, {3: 4.0}), Row(0, 1.0, EDGE, {4: 5.0})), [0, 1]),
        # only within a candidate
        ((Row(0, 2.0, EDGE), Row(1, 1.0, EDGE)), [0, 1]),
        # what is dominated by a dropped one is dominated by what dropped it
        ((Row(0, 3.0, EDGE), Row(0, 2.0, EDGE), Row(0, 1.0, EDGE)), [2]),
    ],
)
def test_which_options_stay(rows: tuple[Row, ...], stay: list[int]) -> None:
    assert kept(*rows) == stay
    assert kept(*rows, prune=False) == list(range(len(rows)))


def test_nothing_stays_of_nothing() -> None:
    assert kept() == []
