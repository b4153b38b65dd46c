"""The checks of the claims of Edgent (2019)."""

from __future__ import annotations

import numpy as np

from experiments.systems.claim import Facts, Finding

__all__ = [
    "changes_found",
    "changes_seldom",
    "dynamic_no_lower",
    "looks_up_one",
    "lookup_faster",
    "oracle_no_lower",
]


def oracle_no_lower(facts: Facts, which: str) -> Finding:
    """Hold where no configurator has more reward than the oracle on any trace."""
    rows = facts[which]
    over = [name for name, oracle, own, last in rows if max(own, last) > oracle * (1 + 1e-9)]
    low = min(oracle / max(own, last) for _, oracle, own, last in rows)
    return Finding(
        holds=not over, evidence=f"on {len(rows)} traces the oracle has at least {low:.3f} times either's reward"
    )


def dynamic_no_lower(facts: Facts, which: str) -> Finding:
    """Hold where the dynamic configurator has at least the mean reward of the static one."""
    rows = facts[which]
    own, last = (np.array([row[i] for row in rows]) for i in (2, 3))
    wins = int((own >= last).sum())
    evidence = f"mean reward {own.mean():.3f} against {last.mean():.3f}, no lower on {wins} of {len(rows)} traces"
    return Finding(holds=bool(own.mean() >= last.mean()), evidence=evidence)


def changes_seldom(facts: Facts) -> Finding:
    """Hold where the dynamic configurator reconfigures no more often on any trace, and less often in all."""
    rows = facts["noise"]
    shown = ", ".join(f"{mean:.2f} Mbit/s {own} against {last}" for mean, own, last in rows)
    total = sum(own for _, own, _ in rows), sum(last for *_, last in rows)
    evidence = (
        f"{total[0]} against {total[1]} changes of configuration in {facts['noise_samples']} samples each: {shown}"
    )
    return Finding(holds=total[0] < total[1] and all(own <= last for _, own, last in rows), evidence=evidence)


def changes_found(facts: Facts) -> Finding:
    """Hold where four of five changes are found."""
    delays, false = facts["delays"], facts["false"]
    hits = [delay for delay in delays if delay is not None]
    share = len(hits) / len(delays)
    evidence = (
        f"{len(hits)} of {len(delays)} changes found, after {np.median(hits) if hits else np.nan:.0f} samples (median), "
        f"{false} false alarms in {facts['samples']} samples"
    )
    return Finding(holds=share >= 0.8, evidence=evidence)


def looks_up_one(facts: Facts) -> Finding:
    """Hold where a decision reads one entry where there are several configurations."""
    evidence = f"one entry of {facts['states']} looked up instead of {facts['configurations']} configurations priced"
    return Finding(holds=facts["looked_up"] == 1 and facts["configurations"] > 1, evidence=evidence)


def lookup_faster(facts: Facts) -> Finding:
    """Hold where looking up takes less time than solving anew."""
    look, solve = facts["lookup_s"], facts["solve_s"]
    return Finding(
        holds=look < solve, evidence=f"{1e6 * look:.1f} microseconds to look up, {1e6 * solve:.0f} to solve anew"
    )
