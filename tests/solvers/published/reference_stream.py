"""The online rule of DLPDTS from its definition, one task after the other, without the event queue of the method."""

from __future__ import annotations

import numpy as np

from formulations.schedule.flow_shop import FlowShop


def reference_stream(shop: FlowShop, *, committed: bool = False) -> tuple[list[int], list[float]]:
    """Return the row of every task's cut and its end; releases rise, one core at either node, serial uplink."""
    cuts: list[int] = []
    ends: list[float] = []
    for now in shop.release.tolist():
        edge, link, cloud, _ = _replay(shop, cuts, now, committed)
        one = shop.classes[shop.class_of[len(cuts)]]
        expected = []
        for row in range(len(one.cut)):
            at = now
            if one.device_s[row] > 0:
                at = max(now, edge) + one.device_s[row]
            if one.sends[row]:
                if one.upload_s[row] > 0:
                    at = max(at, link) + one.upload_s[row]
                if one.server_s[row] > 0:
                    at = max(at, cloud) + one.server_s[row]
            expected.append(at)
        cuts.append(int(np.argmin(expected)))
    *_, ends = _replay(shop, cuts, np.inf, False)
    return cuts, ends


def _replay(shop: FlowShop, cuts: list[int], now: float, committed: bool) -> tuple[float, float, float, list[float]]:
    """Return when edge, link and cloud are free as of `now`, and the ends, of the tasks so far."""
    edge = link = cloud = 0.0
    n = len(cuts)
    done, sent, ends = [0.0] * n, [0.0] * n, [0.0] * n
    rows = [(shop.classes[shop.class_of[j]], cuts[j]) for j in range(n)]
    for j, (one, row) in enumerate(rows):
        done[j] = shop.release[j]
        if one.device_s[row] > 0:
            done[j] = edge = max(shop.release[j], edge) + one.device_s[row]
        ends[j] = done[j]
    going = [j for j, (one, row) in enumerate(rows) if one.sends[row]]
    waiting = 0.0, 0.0
    for j in sorted(going, key=lambda j: done[j]):
        one, row = rows[j]
        if done[j] <= now:
            sent[j] = done[j]
            if one.upload_s[row] > 0:
                sent[j] = link = max(done[j], link) + one.upload_s[row]
        else:
            sent[j] = np.inf
            waiting = waiting[0] + one.upload_s[row], waiting[1]
    for j in sorted(going, key=lambda j: sent[j]):
        one, row = rows[j]
        ends[j] = sent[j]
        if sent[j] <= now:
            if one.server_s[row] > 0:
                ends[j] = cloud = max(sent[j], cloud) + one.server_s[row]
        else:
            waiting = waiting[0], waiting[1] + one.server_s[row]
    link, cloud = max(link, now), max(cloud, now)
    if committed:
        link, cloud = link + waiting[0], cloud + waiting[1]
    return edge, link, cloud, ends
