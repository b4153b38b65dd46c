"""Swap matching with externalities: exchanges and moves until none is left that those affected accept.

Who is affected by a step is every task that uses a resource whose load changes; a site's interest
is its quota and its memory. ``selfish`` accepts a step that leaves no affected task's own cost higher
and some lower; ``cooperative`` one that lowers the objective. As the own costs sum to the objective,
it falls in both modes.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from instances.columns import IntArray
from solvers.joint_kernels import IMPROVEMENT, SELFISH, fits, marginal, put
from solvers.matching.sites import Sites

__all__ = ["Places", "place_at", "places_of", "rounds", "seat"]


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
    best, least = -1, np.inf
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
    old = (choice[first], choice[second] if second >= 0 else -1)
    new = (-1, -1)
    gain, rise = 0.0, 0.0
    for option in old:
        if option >= 0:
            put(game, loads, held, option, -1.0)
            gain += marginal(game, loads, option, 1.0)
    a, b = place_at(game, places, loads, held, first_slot, others), -1
    good = a >= 0
    if good:
        rise += marginal(game, loads, a, 1.0)
        put(game, loads, held, a, 1.0)
        if second >= 0:
            b = place_at(game, places, loads, held, second_slot, others)
            good = b >= 0
            if good:
                rise += marginal(game, loads, b, 1.0)
                put(game, loads, held, b, 1.0)
    new = (a, b)
    good = good and rise < gain - IMPROVEMENT * abs(gain)
    if good and others == SELFISH:
        good = _own(game, loads, a) <= _own(game, before, old[0]) * (1.0 + IMPROVEMENT)
        good = good and (second < 0 or _own(game, loads, b) <= _own(game, before, old[1]) * (1.0 + IMPROVEMENT))
        good = good and _nobody_worse(game, choice, loads, before, first, second)
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
def _sit(game, places, state, slot, count, k, s, option):
    """Place a task that has no place yet."""
    state[0][k] = option
    slot[k] = s
    if places.slot_site[s] >= 0:
        count[places.slot_site[s]] += 1
    put(game, state[1], state[2], option, 1.0)


@njit(cache=True, error_model="numpy")
def _seat_anywhere(game, places, state, slot, count, k, others):
    """Place a task where it costs least of what has room; return whether it has a place."""
    if state[0][k] >= 0:
        return True
    best, least, at = -1, np.inf, -1
    for s in range(places.place_offsets[k], places.place_offsets[k + 1]):
        site = places.slot_site[s]
        if site >= 0 and count[site] >= places.quota[site]:
            continue
        option = place_at(game, places, state[1], state[2], s, others)
        if option >= 0:
            cost = marginal(game, state[1], option, others)
            if cost < least:
                best, least, at = option, cost, s
    if best >= 0:
        _sit(game, places, state, slot, count, k, at, best)
    return best >= 0


@njit(cache=True, error_model="numpy")
def seat(game, places, state, wanted, urgent, slot, count, others):
    """Place all tasks: `urgent` ones anywhere, then those matched to a slot, then the rest anywhere.

    Writes the slot of each task and the number of tasks of each site; a matched task that finds no
    memory at its site is one of the rest. Returns the first task that finds no place, or -1.
    """
    for k in urgent:
        if not _seat_anywhere(game, places, state, slot, count, k, others):
            return k
    for k in range(len(wanted)):
        if state[0][k] < 0 and wanted[k] >= 0:
            site = places.slot_site[wanted[k]]
            option = place_at(game, places, state[1], state[2], wanted[k], others)
            if option >= 0 and count[site] < places.quota[site]:
                _sit(game, places, state, slot, count, k, wanted[k], option)
    for k in range(len(wanted)):
        if not _seat_anywhere(game, places, state, slot, count, k, others):
            return k
    return -1


@njit(cache=True, error_model="numpy")
def rounds(game, places, state, before, slot, count, begin, end, others):
    """Try all moves of tasks `begin` to `end`, and their exchanges with later tasks; return how many were done.

    A move goes to any place of the task whose site has a vacancy, to its device, or to another cut
    at the site where it is. An exchange is between tasks at different sites that each reach the
    other's; a device counts as a site.

    Returns
    -------
    moves, swaps : int
    """
    moves, swaps = 0, 0
    for k in range(begin, end):
        for s in range(places.place_offsets[k], places.place_offsets[k + 1]):
            site, mine = places.slot_site[s], places.slot_site[slot[k]]
            if site >= 0 and site != mine and count[site] >= places.quota[site]:
                continue
            if places.slot_offsets[s] == places.slot_offsets[s + 1]:
                continue
            if _step(game, places, state, before, k, s, -1, -1, others):
                moves += 1
                slot[k] = s
                if mine >= 0:
                    count[mine] -= 1
                if site >= 0:
                    count[site] += 1
        for other in range(k + 1, len(slot)):
            mine, theirs = places.slot_site[slot[k]], places.slot_site[slot[other]]
            if mine == theirs:
                continue
            mine_there, theirs_here = _slot_at(places, k, theirs), _slot_at(places, other, mine)
            if mine_there < 0 or theirs_here < 0:
                continue
            if _step(game, places, state, before, k, mine_there, other, theirs_here, others):
                swaps += 1
                slot[k], slot[other] = mine_there, theirs_here
    return moves, swaps
