"""The checks of the claims of self-aware inference."""

from __future__ import annotations

import numpy as np

from experiments.systems.claim import Facts, Finding

__all__ = [
    "PUBLISHED_THROUGHPUT",
    "crossover",
    "cuts_differ",
    "forcing_raises_latency",
    "loaded_board_gains",
    "stages_balance",
    "two_boards_double",
]

PUBLISHED_THROUGHPUT = 16.19


def cuts_differ(facts: Facts) -> Finding:
    """Hold where somewhere the plans for latency and for throughput are not the same."""
    other = [where for where, latency, stream in facts["cuts"] if latency != stream]
    return Finding(
        holds=bool(other), evidence=f"other cuts or helpers in {len(other)} of {len(facts['cuts'])} settings"
    )


def stages_balance(facts: Facts) -> Finding:
    """Hold where the longest stage is nearer to the mean for throughput than for latency."""
    rows = facts["balance"]
    less = sum(stream <= latency + 1e-9 for _, latency, stream in rows)
    mean = np.mean([latency for _, latency, _ in rows]), np.mean([stream for *_, stream in rows])
    evidence = f"longest stage over the mean of stages {mean[0]:.2f} for latency, {mean[1]:.2f} for throughput; no higher in {less} of {len(rows)}"
    return Finding(holds=bool(mean[1] < mean[0]), evidence=evidence)


def crossover(facts: Facts) -> Finding:
    """Hold where either plan wins where it should, and the throughput plan somewhere does."""
    rows = facts["crossover"]
    wrong = [
        where
        for where, (one, stream_one), (many, stream_many), _ in rows
        if one > stream_one + 1e-9 or stream_many > many + 1e-9
    ]
    at = sorted({n for *_, n in rows if n is not None})
    evidence = (
        f"of {len(rows)} settings {len(rows) - len(wrong)} as stated; the throughput plan wins from {at} tasks on"
    )
    return Finding(holds=not wrong and bool(at), evidence=evidence)


def forcing_raises_latency(facts: Facts) -> Finding:
    """Hold where the least latency is not that of all boards, on every chain and bandwidth."""
    rows = facts["forced"]
    wrong = [
        name for name, values in rows.items() if not max(values) > min(values) * (1 + 1e-9) or values[-1] <= min(values)
    ]
    shown = "; ".join(
        f"{name} {', '.join(f'{value:.3f}' for value in values)} s" for name, values in list(rows.items())[:3]
    )
    return Finding(
        holds=bool(rows) and not wrong,
        evidence=f"least latency with 1 to {max(map(len, rows.values()), default=0)} boards that all run layers: {shown}",
    )


def two_boards_double(facts: Facts) -> Finding:
    """Hold where two equal idle boards have at most twice the throughput of one."""
    most = max(facts["two_equal"])
    evidence = f"two equal idle boards at most {most:.3f} times, over {len(facts['two_equal'])} settings (published {PUBLISHED_THROUGHPUT} needs a loaded or thrashing board)"
    return Finding(holds=most <= 2 + 1e-9, evidence=evidence)


def loaded_board_gains(facts: Facts) -> Finding:
    """Hold where some share of the board that is free gives the published throughput."""
    found = facts["loaded"]
    shown = ", ".join(f"{share:.3g}: {gain:.1f}" for share, gain in found)
    return Finding(
        holds=any(gain >= PUBLISHED_THROUGHPUT for _, gain in found),
        evidence=f"throughput gain by free share of the board: {shown}",
    )
