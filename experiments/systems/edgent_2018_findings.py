"""The checks of the claims of Edgent (2018)."""

from __future__ import annotations

from itertools import pairwise

from experiments.systems.claim import Facts, Finding
from experiments.systems.findings import rising

__all__ = [
    "EXITS",
    "deadline_threshold",
    "device_alone",
    "edge_alone",
    "exits_rise",
    "first_to_last",
    "fixed_exit_falls",
    "only_edgent",
    "rate_threshold",
    "superset",
    "within_limit",
]

EXITS = 5


def exits_rise(facts: Facts, series: str, what: str) -> Finding:
    """Hold where the exit never falls along a series."""
    exits = facts[series]
    shown = ", ".join(f"{at:g}: {chosen or 'none'}" for at, chosen in exits)
    return Finding(holds=rising([float(chosen) for _, chosen in exits]), evidence=f"exit by {what}: {shown}")


def first_to_last(facts: Facts, series: str, what: str) -> Finding:
    """Hold where a series begins with the first exit and has the last."""
    chosen = [one for _, one in facts[series] if one]
    where = [at for (at, a), (_, b) in pairwise(facts[series]) if a < EXITS == b]
    evidence = f"exits {min(chosen)} to {max(chosen)} by {what}, the last above {where[0] if where else 'none'}"
    return Finding(holds=min(chosen) == 1 and max(chosen) == EXITS, evidence=evidence)


def rate_threshold(facts: Facts) -> Finding:
    """Hold where the first exit is taken below 0.3 Mbit/s and the last above."""
    exits = facts["by_rate"]
    holds = all(chosen == (1 if mbit < 0.3 else EXITS) for mbit, chosen in exits if mbit != 0.3)
    first = next((mbit for mbit, chosen in exits if chosen == EXITS), None)
    return Finding(holds=holds, evidence=f"exit 5 from {first} Mbit/s on (published: about 0.3 Mbit/s)")


def deadline_threshold(facts: Facts) -> Finding:
    """Hold where the last exit is taken from 0.45 s on, one step of the sweep more or less."""
    first = next((limit for limit, chosen in facts["by_deadline"] if chosen == EXITS), None)
    return Finding(
        holds=first is not None and abs(first - 0.45) <= 0.051,
        evidence=f"exit 5 from {first} s on at {facts['deadline_mbit']} Mbit/s (published: 0.45 s)",
    )


def superset(facts: Facts) -> Finding:
    """Hold where Edgent keeps every limit that a baseline keeps."""
    wrong = [f"{where}: {name}" for where, met in facts["meets"] for name in met if met[name] and not met["Edgent"]]
    total = sum(met["Edgent"] for _, met in facts["meets"])
    evidence = f"Edgent meets {total} of {len(facts['meets'])} settings, all that any baseline meets"
    return Finding(holds=not wrong and total > 0, evidence=evidence if not wrong else "; ".join(wrong[:3]))


def only_edgent(facts: Facts) -> Finding:
    """Hold where Edgent alone keeps 0.2 and 0.3 s."""
    own = [limit for limit, met in facts["methods"] if met["Edgent"] and sum(met.values()) == 1]
    all_of = [limit for limit, met in facts["methods"] if met["edge only"] and met["partition only"]]
    none = [limit for limit, met in facts["methods"] if not any(met.values())]
    evidence = (
        f"at {facts['methods_mbit']} Mbit/s only Edgent meets {_span(own)}, edge and partition too {_span(all_of)}, "
        f"limits that none meets: {_span(none)} (published: 0.2-0.3 s, from 0.4 s on, 0.1 s)"
    )
    return Finding(holds={0.2, 0.3} <= set(own), evidence=evidence)


def _span(values: list[float]) -> str:
    return f"{values[0]:g}-{values[-1]:g} s" if values else "none"


def within_limit(facts: Facts) -> Finding:
    """Hold where no plan takes longer than its limit."""
    over = [
        f"{where}: {seconds:.3f} s over {limit} s"
        for where, seconds, limit in facts["chosen"]
        if seconds > limit * (1 + 1e-9)
    ]
    slack = max((seconds / limit for _, seconds, limit in facts["chosen"]), default=0.0)
    evidence = (
        f"{len(facts['chosen'])} plans within the limit, at most {slack:.1%} of it" if not over else "; ".join(over[:3])
    )
    return Finding(holds=not over and bool(facts["chosen"]), evidence=evidence)


def fixed_exit_falls(facts: Facts) -> Finding:
    """Hold where no exit has a least latency that grows with the bandwidth."""
    wrong = [i for i, values in facts["fixed"].items() if not rising([-value for value in values])]
    shown = ", ".join(
        f"exit {i} {1e3 * values[0]:.0f} to {1e3 * values[-1]:.0f}" for i, values in facts["fixed"].items()
    )
    return Finding(
        holds=bool(facts["fixed"]) and not wrong, evidence=f"least latency in ms over the bandwidths: {shown}"
    )


def edge_alone(facts: Facts) -> Finding:
    """Hold where the edge alone takes the paper's two times, within 1 %."""
    slow, fast = facts["edge_only"]
    evidence = f"{fast:.3f} s at 1 Mbit/s (0.123), {slow:.3f} s at 50 kbit/s (2.317); the input's size is derived from these two"
    return Finding(holds=abs(fast / 0.123 - 1) < 0.01 and abs(slow / 2.317 - 1) < 0.01, evidence=evidence)


def device_alone(facts: Facts) -> Finding:
    """Hold where the device alone takes more than 2 s with the model to load."""
    layers = facts["device_only"]
    evidence = f"{layers:.2f} s for the layers as the figure shows them, {layers + facts['loading_s']:.2f} s with loading the model"
    return Finding(holds=layers + facts["loading_s"] > 2.0, evidence=evidence)
