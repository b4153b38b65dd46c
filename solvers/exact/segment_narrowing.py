"""What `solvers.exact.narrowing` does, without a table of all options: a plan, a bound, and a table of what they leave.

Where options fall apart into segments (`solvers.decomposition.segments`) prices, a bound L and a plan of value U need no
table. Then only those options are listed that cost no more than ``U - L`` above their task's cheapest, mostly some per
cent of all; the branch and bound starts from their table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import OptionTable, option_count
from formulations.joint.positions import positions_of
from formulations.joint.problem import JointProblem
from instances.columns import Array, FloatArray
from solvers.decomposition.passes import LocalPasses
from solvers.decomposition.segment_plan import segment_plan
from solvers.decomposition.segment_within import options_within
from solvers.decomposition.segments import Segments, segments_of
from solvers.exact.claim import Claim
from solvers.exact.narrowing import Narrowing

__all__ = ["Narrowed", "can_narrow", "narrow_by_segments"]

_SWEEPS, _MOST_SWEEPS = 3, 50
_NEAR = 0.1
_MOST_REPLIES = 50
_FEW_TASKS = 300
"""Up to so many, threads cost more than they save."""
_MOST_OPTIONS = 20_000_000
_SLACK = 1e-9


class Narrowed(NamedTuple):
    """The table of the options that are left, what is known of them, and how many options there are in all."""

    table: OptionTable
    found: Narrowing
    n_options: int


def can_narrow(problem: JointProblem) -> bool:
    """Return whether `narrow_by_segments` has segments to go by."""
    return problem.options.sharing == "optimal" and isinstance(segments_of(problem), Segments)


def narrow_by_segments(problem: JointProblem, claim: Claim) -> Narrowed | None:
    """Find a plan and a bound, report them to `claim`, and table the options that can be in a better plan.

    Takes at most about a quarter of the seconds that are left, and no less than two passes over the tasks.

    Returns
    -------
    Narrowed or None
        None where the options do not fall apart into segments, shares are equal by rule, some task has no option, or
        too many options are left.
    """
    if problem.options.sharing != "optimal":
        return None
    positions = positions_of(problem.instance, merge=True)
    segments = segments_of(problem, positions)
    if isinstance(segments, str):
        return None
    until = claim.trace.clock.seconds() + 0.25 * claim.seconds_left
    threads = 1 if len(segments.tasks) <= _FEW_TASKS else claim.budget.threads
    passes = LocalPasses.start(segments, len(problem.instance.system.resources), threads)
    priced = _prices(passes, claim, until)
    if priced is None:
        return None
    points, bound, state = priced
    claim.raise_bound(bound)
    if claim.offer(segment_plan(problem, segments, state, positions)) is None:
        return None
    assert claim.value is not None
    excess = max(claim.value - bound, 0.0) + _SLACK * abs(claim.value)
    options = options_within(segments, points, excess, _MOST_OPTIONS)
    if options is None:
        return None
    table = OptionSpace.of(problem, positions).table(*options)
    keep = np.arange(table.n_options)
    found = Narrowing(choice=None, keep=keep, points=points[None, :], bound=bound)
    return Narrowed(table, found, option_count(problem.instance, positions))


def _prices(passes: LocalPasses, claim: Claim, until: float) -> tuple[FloatArray, float, Array] | None:
    """Return the points of the best bound, that bound and a state; None where some task has no option.

    Sweeps end where they could raise the bound by little of its distance to a plan: the tree has a sharper bound.
    """
    rng = np.random.default_rng(0)  # the same for all seeds: exact methods do not depend on chance
    passes.sweep(None)
    if not np.isfinite(passes.value()):
        return None
    best, points, value, state, done = -np.inf, passes.load, np.inf, passes.drawn(), 0
    while True:
        bound, _ = passes.dual.bound()
        if bound > best:
            best, points = bound, passes.load
        left = passes.value() - best
        if left <= _NEAR * claim.budget.tolerance * abs(best) or done == _MOST_SWEEPS:
            break
        if done == _SWEEPS:
            state = passes.drawn()
            value = _replied(passes, state)
        if left <= _NEAR * (value - best) < np.inf or claim.trace.clock.seconds() > until:
            break
        passes.sweep(rng)
        done += 1
    if done != _SWEEPS:
        last = passes.drawn()
        if _replied(passes, last) < value:
            state = last
    return points, best, state


def _replied(passes: LocalPasses, state: Array) -> float:
    """Let all tasks reply at marginal cost until nobody moves; return the value of (J)."""
    _, load = passes.load_of(state)
    for _ in range(_MOST_REPLIES):
        moves, load = passes.reply(state, load)
        if not moves:
            break
    fixed, load = passes.load_of(state)
    return float(fixed + np.dot(load, load))
