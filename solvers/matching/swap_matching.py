"""Swap matching with externalities: exchanges and moves until none is left that those affected accept.

Who is affected by a step is every task that uses a resource whose load changes; a site's interest
is its quota and its memory. ``selfish`` accepts a step that leaves no affected task's own cost higher
and some lower; ``cooperative`` one that lowers the objective. As the own costs sum to the objective,
it falls in both modes.
"""

# mypy: disable-error-code="no-untyped-def, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import IntArray
from solvers.joint_kernels import IMPROVEMENT, SELFISH, fits, marginal, put
from solvers.matching.sites import Sites

__all__ = ["Places", "place_at", "places_of", "seat", "try_steps"]


class Places(NamedTuple):
    """`Sites` as the kernels read them."""

    place_offsets: IntArray
    slot_site: IntArray
    slot_offsets: IntArray
    slot_options: IntArray
    quota: IntArray


def places_of(sites: Sites) -> Places:
    """Return `sites` as the kernels read them."""
    return Places(sites.place_offsets, sites.slot_site, sites.slot_offsets, sites.slot_options, sites.quota)


@njit(cache=True, error_model="numpy")
def place_at(game, places, loads, held, slot, others):
    """Return the option of a slot that costs least under the loads and fits, -1 where none does."""
    best, least = np.int64(-1), np.inf
    for at in range(places.slot_offsets[slot], places.slot_offsets[slot + 1]):
        option = places.slot_options[at]
        cost = marginal(game, loads, option, others)
        if cost < least and fits(game, held, option):
            best, least = option, cost
    return best


@njit(cache=True, error_model="numpy")
def _slot_at(places, task, site):
    """Return the slot of a task at a site that has options, -1 where it has none."""
    for slot in range(places.place_offsets[task], places.place_offsets[task + 1]):
        if places.slot_site[slot] == site and places.slot_offsets[slot] < places.slot_offsets[slot + 1]:
            return slot
    return -1


@njit(cache=True, error_model="numpy")
def _own(game, loads, option):
    """Return a placed task's own cost under loads that count it."""
    total = game.cost[option]
    for u in range(game.use_offsets[option], game.use_offsets[option + 1]):
        r = game.resource[u]
        total += game.use[u] * (loads[1, r] if game.equal else loads[0, r])
    return total


@njit(cache=True, error_model="numpy")
def _worse(game, before, old, loads, new):
    """Return whether a task's own cost is higher at `new` than it was at `old` under the loads `before`."""
    return _own(game, loads, new) > _own(game, before, old) * (1.0 + IMPROVEMENT)


@njit(cache=True, error_model="numpy")
def _copy(game, option, source, target):
    """Copy the loads of the resources of an option."""
    for u in range(game.use_offsets[option], game.use_offsets[option + 1]):
        target[0, game.resource[u]] = source[0, game.resource[u]]
        target[1, game.resource[u]] = source[1, game.resource[u]]


@njit(cache=True, error_model="numpy")
def _nobody_worse(game, choice, loads, before, first, second):
    """Return whether no task but the two that move has a higher own cost than under the loads `before`."""
    row = 1 if game.equal else 0
    for k in range(len(choice)):
        if k in (first, second):
            continue
        rise, size = 0.0, game.cost[choice[k]]
        for u in range(game.use_offsets[choice[k]], game.use_offsets[choice[k] + 1]):
            r = game.resource[u]
            rise += game.use[u] * (loads[row, r] - before[row, r])
            size += game.use[u] * before[row, r]
        if rise > IMPROVEMENT * size:
            return False
    return True


@njit(cache=True, error_model="numpy")
def _step(game, places, state, before, first, first_slot, second, second_slot, others):
    """Place task `first` at a slot, and task `second` (-1: none) at another, if that is accepted.

    With both taken out the first chooses its cut, then the second under the loads with the first.
    `before` holds the loads between steps. The fall of the objective is the sum of the marginal
    costs of what is taken out, one after the other, less those of what comes.
    """
    choice, loads, held = state
    old = (choice[first], choice[second] if second >= 0 else np.int64(-1))
    selfish = others == SELFISH
    gain, rise, a, b = 0.0, 0.0, np.int64(-1), np.int64(-1)
    for option in old:
        if option >= 0:
            put(game, loads, held, option, -1.0)
            gain += marginal(game, loads, option, 1.0)
    # what the two come to cost must stay below: marginal costs are >= 0, so the first alone may settle it
    gain -= IMPROVEMENT * abs(gain)
    a = place_at(game, places, loads, held, first_slot, others)
    good = a >= 0
    if good:
        rise = marginal(game, loads, a, 1.0)
        put(game, loads, held, a, 1.0)
        # a second newcomer can only raise the first's own cost
        good = rise < gain and not (selfish and _worse(game, before, old[0], loads, a))
    if good and second >= 0:
        b = place_at(game, places, loads, held, second_slot, others)
        good = b >= 0
        if good:
            rise += marginal(game, loads, b, 1.0)
            put(game, loads, held, b, 1.0)
            good = rise < gain
            if good and selfish:
                good = not (_worse(game, before, old[0], loads, a) or _worse(game, before, old[1], loads, b))
    good = good and not (selfish and not _nobody_worse(game, choice, loads, before, first, second))
    new = (a, b)
    if good:
        choice[first] = a
        if second >= 0:
            choice[second] = b
    else:
        for option in new:
            if option >= 0:
                put(game, loads, held, option, -1.0)
        for option in old:
            if option >= 0:
                put(game, loads, held, option, 1.0)
    for option in (old[0], old[1], new[0], new[1]):
        if option >= 0:
            if good:
                _copy(game, option, loads, before)
            else:
                _copy(game, option, before, loads)
    return good


@njit(cache=True, error_model="numpy")
def seat(game, places, state, turn, wanted, slot, count, others):
    """Place the tasks of `turn` that have no place yet.

    Turn ``t`` is for task ``turn[t]``: at slot ``wanted[t]`` if there is room, or with -1 where it
    costs least of what has room. Writes the slot of each task and the number of tasks of each site;
    returns the first task that finds no place anywhere, or -1.
    """
    choice, loads, held = state
    for t in range(len(turn)):
        k = turn[t]
        if choice[k] >= 0:
            continue
        best, at, least = np.int64(-1), np.int64(-1), np.inf
        for s in range(places.place_offsets[k], places.place_offsets[k + 1]):
            site = places.slot_site[s]
            if (wanted[t] >= 0 and s != wanted[t]) or (site >= 0 and count[site] >= places.quota[site]):
                continue
            option = place_at(game, places, loads, held, s, others)
            if option >= 0:
                cost = marginal(game, loads, option, others)
                if cost < least:
                    best, at, least = option, s, cost
        if best >= 0:
            choice[k] = best
            slot[k] = at
            if places.slot_site[at] >= 0:
                count[places.slot_site[at]] += 1
            put(game, loads, held, best, 1.0)
        elif wanted[t] < 0:
            return k
    return -1


@njit(cache=True, error_model="numpy")
def try_steps(game, places, state, before, slot, count, begin, end, others, exchange):
    """Try all steps of tasks `begin` to `end` and do those that are accepted; return how many.

    Without `exchange` these are moves: to any place of the task whose site has a vacancy, to its
    device, or to another cut at the site where it is. With it they are exchanges with later tasks
    at other sites, where each reaches the other's; a device counts as a site.
    """
    done = 0
    for k in range(begin, end):
        first = k + 1 if exchange else places.place_offsets[k]
        for at in range(first, len(slot) if exchange else places.place_offsets[k + 1]):
            mine = places.slot_site[slot[k]]
            if exchange:
                other, site = at, places.slot_site[slot[at]]
                if site == mine:
                    continue
                to, back = _slot_at(places, k, site), _slot_at(places, other, mine)
                if to < 0 or back < 0:
                    continue
            else:
                other, site, to, back = np.int64(-1), places.slot_site[at], at, np.int64(-1)
                full = site >= 0 and site != mine and count[site] >= places.quota[site]
                if full or places.slot_offsets[at] == places.slot_offsets[at + 1]:
                    continue
            if not _step(game, places, state, before, k, to, other, back, others):
                continue
            done += 1
            slot[k] = to
            if exchange:
                slot[other] = back
                continue
            if mine >= 0:
                count[mine] -= 1
            if site >= 0:
                count[site] += 1
    return done
