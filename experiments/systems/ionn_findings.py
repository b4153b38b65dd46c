"""The checks of IONN's claims, and the partitions that are published."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.systems.claim import Claim, Facts, Finding

__all__ = [
    "PUBLISHED",
    "convolutions_worst",
    "last_never_comes",
    "more_queries",
    "query_times_fall",
    "size_claim",
]

PUBLISHED: dict[str, dict[float, tuple[float, ...]]] = {
    "alexnet": {0.1: (1.3, 7.6, 223.7), 0.5: (1.3, 7.6, 223.7)},
    "resnet50": {0.1: (5.6, 84.3, 7.8), 0.5: (5.6, 27.2, 57.2, 7.8)},
    "googlenet": {0.1: (2.6, 20.2, 3.9), 0.5: (2.6, 10.7, 9.5, 3.9)},
    "mobilenet": {0.1: (0.5, 11.8, 3.9), 0.5: (0.5, 5.7, 6.1, 3.9)},
}
"""MB of the partitions at K, as printed."""


def _sizes(network: str) -> Callable[[Facts], Finding]:
    def check(facts: Facts) -> Finding:
        found = {k: tuple(round(size, 1) for size in sizes) for k, sizes in facts[f"sizes {network}"].items()}
        told = "; ".join(f"K = {k}: {', '.join(map(str, sizes))} MB" for k, sizes in found.items())
        return Finding(holds=found == PUBLISHED[network], evidence=told)

    return check


def size_claim(network: str) -> Claim:
    """Return the claim that a network's partitions have the printed sizes."""
    printed = "; ".join(f"K = {k}: {', '.join(map(str, sizes))} MB" for k, sizes in PUBLISHED[network].items())
    return Claim(
        name=f"partitions of {network}",
        text=f"{network} is uploaded in partitions of, {printed}",
        kind="number",
        source="paper",
        check=_sizes(network),
        needs=(f"sizes {network}",),
    )


def last_never_comes(facts: Facts) -> Finding:
    """Hold where the rule as printed misses the largest partition."""
    with_pass, printed = facts["with_final_pass"], facts["printed_rule"]
    return Finding(
        holds=len(printed) < len(with_pass) and max(with_pass) not in printed,
        evidence=f"as printed {_megabytes(printed)}; with a final pass {_megabytes(with_pass)}",
    )


def query_times_fall(facts: Facts) -> Finding:
    """Hold where IONN answers faster than the upload all at once, and this faster than the client."""
    means = facts["mean_query_s"]
    told = "; ".join(
        f"{name} (K = {k}): {ionn * 1e3:.0f} < {whole * 1e3:.0f} < {local * 1e3:.0f} ms"
        for (name, k), (ionn, whole, local) in means.items()
    )
    return Finding(holds=bool(means) and all(a < b < c for a, b, c in means.values()), evidence=told)


def more_queries(facts: Facts) -> Finding:
    """Hold where more queries are served on all networks but MobileNet."""
    counts = facts["queries"]
    others = [ionn > whole for (name, _), (ionn, whole) in counts.items() if name != "mobilenet"]
    mobile = [ionn <= whole for (name, _), (ionn, whole) in counts.items() if name == "mobilenet"]
    told = "; ".join(f"{name} (K = {k}): {a} against {b}" for (name, k), (a, b) in counts.items())
    return Finding(holds=bool(others) and all(others) and all(mobile), evidence=told)


def convolutions_worst(facts: Facts) -> Finding:
    """Hold where regression explains convolutions least."""
    found = facts["r_squared"]
    seconds, rate = found["seconds"], found["rate"]
    kinds = ("conv", "linear", "pool")
    return Finding(
        holds=seconds["conv"] < min(seconds["linear"], seconds["pool"]),
        evidence=f"R2 of the seconds: {', '.join(f'{kind} {seconds[kind]:.3f}' for kind in kinds)}; "
        f"where the rate of work is regressed: {', '.join(f'{kind} {rate[kind]:.3f}' for kind in kinds)}",
    )


def _megabytes(sizes: Sequence[float]) -> str:
    return ", ".join(f"{size:.1f}" for size in sizes) + " MB"
