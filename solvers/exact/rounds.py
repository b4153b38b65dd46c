"""What the methods `milp` and `cp-sat` share: scaled coefficients, starting cuts, bounds of narrowed models, new cuts."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from formulations.joint.coefficients import JointCoefficients
from formulations.joint.options import OptionTable
from formulations.joint.tangents import first_points
from instances.columns import IntArray
from solvers.exact.claim import Claim
from solvers.exact.narrowing import Narrowing

__all__ = ["add_cuts", "scaled", "take_bound", "too_large"]

_SCALE = 1e4
"""Objective of the plan at hand in units of the model: far above the solvers' absolute tolerances."""


_FAN_ENTRIES = 100_000
"""Largest number of entries that the wider fan of first cuts may add."""

_ENTRIES_PER_SECOND = 1e5
"""Below this rate the solvers have been seen to pass their time limits inside one relaxation (HiGHS by seconds)."""


class CutModel(Protocol):
    """A model that takes cuts (J3)."""

    cuts: list[list[float]]

    def add_cut(self, row: int, point: float) -> None:
        """Add (J3) of resource row `row` at ``t = point``."""


def scaled(table: OptionTable, claim: Claim, found: Narrowing) -> tuple[JointCoefficients, list[tuple[float, ...]]]:
    """Return the coefficients of the options that are left, in units of their own, and the points of the first cuts."""
    sizes = [abs(claim.value or 0.0), abs(claim.bound or 0.0)]
    if not max(sizes):
        sizes = [float(np.abs(table.alone_cost()).sum())]
    unit = max(sizes) / _SCALE or 1.0
    data = JointCoefficients.of(table, keep=found.keep, unit=unit)
    known = found.points[:, [row.resource for row in data.resources]] / np.sqrt(unit)
    fan = not data.equal and 6 * len(known) * sum(len(row.options) for row in data.resources) <= _FAN_ENTRIES
    return data, [first_points(known[:, row], fan=fan) for row in range(len(data.resources))]


def too_large(table: OptionTable, claim: Claim, found: Narrowing, seconds_per_entry: float) -> str | None:
    """Return why a model of the options that are left is hopeless in the seconds that are left, or None.

    Parameters
    ----------
    seconds_per_entry : float
        Time to build the model, per entry of its matrix.
    """
    uses = int(np.diff(table.use_offsets)[found.keep].sum())
    rows = 1 + len(found.points) + (2 if table.problem.options.sharing == "equal" else 0)
    entries = 2 * len(found.keep) + uses * rows
    if entries * (seconds_per_entry + 1.0 / _ENTRIES_PER_SECOND) <= claim.seconds_left:
        return None
    return f"no time for a model of {len(found.keep):,} options ({entries:,} entries)"


def take_bound(bound: float | None, data: JointCoefficients, claim: Claim) -> None:
    """Report the bound of a model, given in its units.

    Options that were ruled out can do no better than the plan at hand, so neither may the bound.
    """
    if bound is None:
        return
    bound *= data.unit
    if len(data.options) < data.table.n_options and claim.value is not None:
        bound = min(bound, claim.value)
    claim.raise_bound(bound)


def add_cuts(model: CutModel, data: JointCoefficients, choice: IntArray) -> bool:
    """Add cuts at the loads of a plan that free shares priced too low; return whether any is new."""
    if data.equal:
        return False
    added = False
    for row, load in enumerate(data.loads(choice).tolist()):
        if load > 0 and all(abs(load - point) > 1e-9 * load for point in model.cuts[row]):
            model.add_cut(row, load)
            added = True
    return added
