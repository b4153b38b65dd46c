"""The parts that options are made of, priced once per task and candidate.

An option's cost is a sum over its parts: the device up to the first cut, the route to the site,
the site, the route on to the cloud, the cloud. Each part is linear in a running sum or in the bytes
that cross, so a part is priced once and an option is a handful of additions.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from numba import njit

from formulations.joint.option_inputs import (
    ENERGY_WEIGHT,
    IDLE,
    KIND,
    LATENCY,
    LATENCY_WEIGHT,
    LINK_JOULES,
    LINK_PRICE,
    LINK_SHARED,
    PRICE,
    PRICE_WEIGHT,
    RATE,
    RUNNING,
    SEND,
    SHARED,
    SOURCE,
    SPEED,
    SYSTEM_WIDE,
    WEIGHT_OF,
)

__all__ = ["FLAT", "N_USES", "PER_BYTE", "ROUTE_USES", "node_part", "route_part"]

# a priced route: cost whatever the bytes, cost a byte, number of uses, then (resource, seconds a byte, weight) of each
FLAT, PER_BYTE, N_USES, ROUTE_USES = range(4)


@njit(cache=True, error_model="numpy")
def node_part(k, source, where, base, n, nodes, tasks, table, weights, linear, seconds):
    """Price running sums of n positions on node `where`; return the weight of a shared second there.

    `linear` gets the cost that no sharing changes, `seconds` the seconds alone (0 where unshared).
    """
    kind, n_kinds = int(nodes[where, KIND]), (table.shape[1] - RUNNING) // 2
    time_weight = weights[LATENCY_WEIGHT] * tasks[k, WEIGHT_OF]
    # while its own processor works the device's energy is the layers' joules; else it waits
    own = where == source
    watts = 0.0 if own else nodes[source, IDLE]
    weight = time_weight + weights[ENERGY_WEIGHT] * watts
    a_second = weights[PRICE_WEIGHT] * nodes[where, PRICE]
    a_joule = weights[ENERGY_WEIGHT] * (1.0 if own else weights[SYSTEM_WIDE])
    shared = nodes[where, SHARED] >= 0
    for at in range(n):
        busy = table[base + at, RUNNING + kind] / nodes[where, SPEED]
        linear[at] = busy * a_second + table[base + at, RUNNING + n_kinds + kind] * a_joule
        if shared:
            seconds[at] = busy
        else:
            seconds[at] = 0.0
            linear[at] += busy * weight
    return weight


@njit(cache=True, error_model="numpy")
def route_part(k, source, route, paid, offsets, hops, nodes, links, tasks, weights, part):
    """Price a route of task k into the row `part`, leaving out links of the route `paid` (-1: none)."""
    time_weight = weights[LATENCY_WEIGHT] * tasks[k, WEIGHT_OF]
    idle, send = nodes[source, IDLE], nodes[source, SEND]
    part[FLAT], part[PER_BYTE], part[N_USES] = 0.0, 0.0, 0.0
    for at in range(offsets[route], offsets[route + 1]):
        hop = hops[at]
        repeated = False
        if paid >= 0:
            for other in range(offsets[paid], offsets[paid + 1]):
                repeated = repeated or hops[other] == hop
        if repeated:
            continue
        leaves = links[hop, SOURCE] == source
        weight = time_weight + weights[ENERGY_WEIGHT] * (send if leaves else idle)
        part[FLAT] += links[hop, LATENCY] * (time_weight + weights[ENERGY_WEIGHT] * idle)
        part[PER_BYTE] += weights[PRICE_WEIGHT] * links[hop, LINK_PRICE]
        if leaves or weights[SYSTEM_WIDE] > 0.0:
            part[PER_BYTE] += weights[ENERGY_WEIGHT] * links[hop, LINK_JOULES]
        if links[hop, LINK_SHARED] < 0:
            part[PER_BYTE] += weight / links[hop, RATE]
        else:
            use = ROUTE_USES + 3 * int(part[N_USES])
            part[use], part[use + 1], part[use + 2] = links[hop, LINK_SHARED], 1.0 / links[hop, RATE], weight
            part[N_USES] += 1.0
