"""Layout of the working rows in which one task's options are enumerated and compared.

Integers: placement (`VERSION` to `EDGE_UNTIL`), numbers of uses and of memory rows (`USES`,
`HOLDS`), nodes of the memory rows (from `NODE`), resources of the uses (from `RESOURCE`).
Floats: `COST`, bytes of the memory rows (from `BYTES`), then seconds and weight of each use in
turn (from `SECONDS` and `WEIGHT`, step 2).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "BYTES",
    "CANDIDATE",
    "CLOUD",
    "COST",
    "DEVICE_UNTIL",
    "EDGE_UNTIL",
    "HOLDS",
    "NODE",
    "RESOURCE",
    "SECONDS",
    "USES",
    "VERSION",
    "WEIGHT",
    "scratch",
]

VERSION, CANDIDATE, CLOUD, DEVICE_UNTIL, EDGE_UNTIL, USES, HOLDS, NODE, RESOURCE = 0, 1, 2, 3, 4, 5, 6, 7, 10
COST, BYTES, SECONDS, WEIGHT = 0, 1, 4, 5


@njit(cache=True)
def scratch(rows, width):
    """Return working rows for `rows` options of at most `width` uses."""
    return np.empty((rows, RESOURCE + width), np.int64), np.empty((rows, SECONDS + 2 * width))
