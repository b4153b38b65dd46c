"""System 1: Neurosurgeon, on IONN's public profile of AlexNet and on random chains."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Facts, Finding
from experiments.systems.findings import all_equal, always, monotone, never_above, numbers_near
from experiments.systems.neurosurgeon_scenario import (
    ENERGY,
    LATENCY,
    METHOD,
    alexnet,
    alexnet_row,
    cuts_by_load,
    cuts_by_rate,
    decided_on_predictions,
    drawing,
    mid_cut_counts,
    random_chains,
    switches,
)
from experiments.systems.profiles import IONN_ABSENT, MBIT
from experiments.systems.system import Measured, system

__all__ = ["Neurosurgeon"]

UPLINKS = {"3G": 1.1, "4G": 5.85, "Wi-Fi": 18.88}
"""Mbit/s, as the literature has them."""
LATENCY_SWITCHES, ENERGY_SWITCHES = (0.946, 4.94, 23.9), (0.863, 4.51, 21.8)
_OWN = "our derivation, on the public AlexNet profile of IONN's authors"
_THEIR_TRACES = "needs the authors' devices, radios and per-layer traces, which are not public"


def _mid_cuts(facts: Facts) -> Finding:
    counts = facts["mid_cuts"]
    early = [inside for share, inside, _ in counts.values() if share < 0.5]
    told = ", ".join(
        f"{name} {inside} of {rates} (after {share:.0%} of the work)" for name, (share, inside, rates) in counts.items()
    )
    return Finding(
        holds=bool(early) and all(early),
        evidence=f"bandwidths with a cut inside (and where a tensor is first smaller than the input): {told}",
    )


def _pool5(facts: Facts) -> Finding:
    at = facts["cut_after"]
    low, high = facts["pool5_mbit"]
    return Finding(holds=at["3G"] == "pool5", evidence=f"{at}; pool5 between {low:.3g} and {high:.3g} Mbit/s (latency)")


def _predicted(facts: Facts) -> Finding:
    optimal, total, ratio, worst = facts["predicted"]
    return Finding(
        holds=optimal / total >= 0.5 and ratio >= 0.9,
        evidence=f"optimal in {optimal} of {total} settings, {ratio:.1%} of the best speed on average, {worst:.1%} at "
        "worst, with formulas fitted to three other networks",
    )


@system(
    METHOD,
    number=1,
    title="Neurosurgeon",
    family="cut",
    citation="Kang, Hauswald, Gao, Rovinski, Mudge, Mars, Tang: Neurosurgeon: Collaborative Intelligence Between the "
    "Cloud and Mobile Edge, ASPLOS 2017, doi 10.1145/3037697.3037698",
    methods=(METHOD,),
    reconstruction=(
        "the profile is that of IONN's Odroid XU4 and GPU server, not the authors' Jetson TK1 and K40",
        "energy charges the device while it waits, as IONN's code does; that Neurosurgeon does not is from memory",
        "prediction regresses the rate of work per layer type: from memory, unverified; fitted without negative "
        "coefficients",
    ),
)
class Neurosurgeon:
    """Picks the one layer boundary at which a device hands a chain to a server, for latency or for its own energy."""

    claims = (
        Claim(
            name="enumeration is exact",
            text="trying all cuts gives the optimum of the scan (chain-scan), the dynamic program (tier-dp) and the shortest "
            "path (excursion-path), and on AlexNet and every third chain of the MILP (cut-milp), for latency and energy",
            kind="theorem",
            source="our derivation: one cut on a chain",
            check=all_equal("exact_pairs", "comparisons on random chains and AlexNet"),
        ),
        Claim(
            name="no worse than the extremes",
            text="its cut is no worse than device only and server only",
            kind="theorem",
            source="our derivation: both are among the cuts",
            check=never_above("extreme_pairs", "comparisons"),
        ),
        Claim(
            name="bandwidth moves the cut to the server",
            text="where no layer is slower on the server, the cut moves towards the input as bandwidth grows",
            kind="theorem",
            source="our derivation",
            check=monotone("cuts_by_rate", "chains over 13 bandwidths", rising=False),
        ),
        Claim(
            name="load moves the cut to the device",
            text="as the load of the server grows, the cut moves towards the device",
            kind="theorem",
            source="the abstract's adaptation to load; that it holds always is our derivation",
            check=monotone("cuts_by_load", "chains over 7 loads", rising=True),
        ),
        Claim(
            name="flat networks have extreme cuts",
            text="networks of fully-connected layers, whose tensors are all of one size, run on one side as a whole",
            kind="theorem",
            source="a report on the paper; that it holds always where the server is no slower is our derivation",
            check=always("flat_extreme", "optimal cuts of flat chains are device only or server only"),
        ),
        Claim(
            name="early pooling gives cuts inside",
            text="convolutional networks whose pooling shrinks tensors early are cut in the middle at some bandwidths",
            kind="trend",
            source="a report on the paper",
            check=_mid_cuts,
        ),
        Claim(
            name="AlexNet behind pool5",
            text="the best cut of AlexNet over a slow radio lies between pool5 and fc6",
            kind="trend",
            source="a report on the paper",
            check=_pool5,
        ),
        Claim(
            name="switching bandwidths, latency",
            text="AlexNet's optimal latency switches from device only to pool5, pool1 and server only near 0.946, "
            "4.94 and 23.9 Mbit/s",
            kind="number",
            source=_OWN,
            check=numbers_near("latency_switches", LATENCY_SWITCHES, 0.005, "Mbit/s"),
        ),
        Claim(
            name="switching bandwidths, energy",
            text="AlexNet's optimal device energy switches near 0.863, 4.51 and 21.8 Mbit/s",
            kind="number",
            source=_OWN,
            check=numbers_near("energy_switches", ENERGY_SWITCHES, 0.005, "Mbit/s"),
        ),
        Claim(
            name="prediction decides well",
            text="cuts decided on layer times predicted by regression are mostly optimal (44 of 48 settings published)",
            kind="trend",
            source="44 of 48: a report on the paper; 98.5 % of the best speed: from memory, unverified",
            check=_predicted,
            needs=("predicted",),
        ),
        Claim(
            name="speedup over cloud only",
            text="latency 3.1 times lower on average, 40.7 times at most; device energy 59.5 % lower, 94.7 % at most",
            kind="number",
            source="abstract",
            reason=_THEIR_TRACES,
        ),
        Claim(
            name="throughput of the datacentre",
            text="1.5 times higher on average, 6.7 times at most",
            kind="number",
            source="abstract",
            reason=_THEIR_TRACES,
        ),
        Claim(
            name="against MAUI and under load",
            text="up to 32 times faster than MAUI; under 380 ms where cloud only rises from 105 to 753 ms with the load; "
            "AlexNet's energy about 18 % below cloud only",
            kind="number",
            source="a report on the paper",
            reason=_THEIR_TRACES,
        ),
    )

    def measure(self, bench: Bench) -> Measured:
        """Cut AlexNet over bandwidths, and random chains against the exact methods."""
        exact_pairs, extreme_pairs, flat = random_chains(bench)
        rows, cut_after = [], {}
        for label, mbit in UPLINKS.items():
            for objective, options in (("latency [s]", LATENCY), ("energy [J]", ENERGY)):
                problem = alexnet(mbit * MBIT, options)
                row = alexnet_row(bench, problem, exact_pairs, extreme_pairs)
                if options is LATENCY:
                    cut_after[label] = row["cut after"]
                rows.append({"uplink": f"{label} ({mbit} Mbit/s)", "objective": objective, **row})
        latency, energy = (switches(bench, options) for options in (LATENCY, ENERGY))
        facts: dict[str, Any] = {
            "exact_pairs": exact_pairs,
            "extreme_pairs": extreme_pairs,
            "flat_extreme": flat,
            "cuts_by_rate": list(cuts_by_rate(bench)),
            "cuts_by_load": list(cuts_by_load(bench)),
            "mid_cuts": mid_cut_counts(bench),
            "cut_after": cut_after,
            "pool5_mbit": (latency + [math.nan] * 2)[:2],
            "latency_switches": latency,
            "energy_switches": energy,
            "absent": IONN_ABSENT,
        }
        predicted = decided_on_predictions(bench)
        if predicted is not None:
            facts["predicted"] = predicted
        return Measured(table=pd.DataFrame(rows), facts=facts, draw=drawing(bench))
