"""Names of the columns of `solvers.decomposition.segments.Segments`."""

from __future__ import annotations

__all__ = [
    "BYTES",
    "FLOOR",
    "HEAD",
    "IDLE",
    "IDLE_INVERSE",
    "INVERSE_SPEED",
    "JOULES",
    "KIND",
    "KINDS",
    "LATENCY",
    "LIMIT",
    "LINEAR",
    "NETWORK",
    "PER_KIND",
    "PRICE",
    "ROOT_BYTES",
    "SECONDS",
    "SEND",
    "SEND_INVERSE",
    "SHARED",
    "S_CLOUD",
    "S_INVERSE_SPEED",
    "S_KIND",
    "S_PRICE",
    "S_SHARED",
    "TAIL",
    "TIME",
    "WEIGHTS",
]

# curves: bytes that cross and their root, weights up to here; then of every kind: running seconds, joules,
# the root of the seconds up to here, and of those from here on
BYTES, ROOT_BYTES, WEIGHTS, KINDS = range(4)
SECONDS, JOULES, HEAD, TAIL, PER_KIND = range(5)
# tasks: TIME is the objective's weight of a second, IDLE and SEND what the device's watts add to it
NETWORK, FLOOR, TIME, IDLE, SEND, KIND, INVERSE_SPEED, PRICE, SHARED, LIMIT = range(10)
# sites and clouds
S_KIND, S_INVERSE_SPEED, S_PRICE, S_SHARED, S_CLOUD = range(5)
# legs: seconds of latency, cost of a byte, unshared seconds a byte while the device idles and while it sends
LATENCY, LINEAR, IDLE_INVERSE, SEND_INVERSE = range(4)
