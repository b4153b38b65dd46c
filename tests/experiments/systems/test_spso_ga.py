"""SPSO-GA's claims: each check holds on figures of its kind and fails on others; and the measurement in small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from experiments.systems import spso_ga, spso_ga_comparison
from experiments.systems import spso_ga_findings as findings
from experiments.systems import spso_ga_sensitivity as study
from experiments.systems.bench import Bench
from experiments.systems.claim import Facts, Finding
from experiments.systems.smart_iot import FACTORS, Runs
from experiments.systems.spso_ga_sensitivity import EdgeCounts, LeastEnergies
from experiments.systems.spso_ga_tables import Compared, edges_table, gaps_table, runs_table, sensitivity_table
from tests.experiments.systems.broken import reproduced, verdicts

Check = Callable[[Facts], Finding]


def runs(*values: float, missed: int = 0) -> Runs:
    return Runs(values=values, missed=missed, seconds=1.0)


NONE = runs(missed=1)


def row(
    spso: float | Runs = 11.0, pso: float | Runs = 12.0, ga: float | Runs = 13.0, greedy: float = 11.5, **other: Any
) -> Compared:
    own, swarm, genetic = (one if isinstance(one, Runs) else runs(one) for one in (spso, pso, ga))
    made = Compared(
        networks="1 alexnet",
        deadline="D1",
        figures="default",
        objective="energy",
        runs={
            "spso-ga": own,
            "pso-ga": swarm,
            "ga": genetic,
            "ga on blocks": genetic,
            "pso": genetic,
            "greedy": runs(greedy),
            "LNS": runs(10.0),
        },
        exact=10.0,
        bound=10.0,
        proven=True,
        exact_s=0.1,
    )
    return replace(made, **other)


def energies(*optima: float, network: str = "alexnet") -> LeastEnergies:
    return LeastEnergies(
        network=network,
        cloud=2.0,
        edge=10.0,
        unit=1e-3,
        factors=(1.2, 3.0, 8.0),
        optima=optima,
        tiers=("cloud", "edge", "edge"),
    )


def edges(*optima: float) -> EdgeCounts:
    return EdgeCounts(
        network="alexnet",
        figures="default",
        deadline="D1",
        counts=(2, 4, 6)[: len(optima)],
        optima=optima,
        tiers=("edge",) * len(optima),
    )


COMPARISONS = (findings.within_pso, findings.same_as_pso, findings.below_ga, findings.below_ga_on_blocks)


def test_a_plan_below_a_bound_is_seen() -> None:
    assert findings.gaps({"rows": [row(11.0)], "price": []}).holds
    assert not findings.gaps({"rows": [row(9.9)], "price": []}).holds
    assert not findings.gaps({"rows": [row(), row(greedy=9.0)], "price": []}).holds
    assert not findings.gaps({"rows": [row()], "price": [row(np.nan)]}).holds


def test_bounds_without_any_plan_prove_nothing() -> None:
    nobody = row(runs=dict.fromkeys(("spso-ga", "pso-ga", "ga", "LNS"), NONE))
    assert not findings.gaps({"rows": [nobody], "price": []}).holds
    assert not findings.gaps({"rows": [row(proven=False, bound=None)], "price": []}).holds


def test_a_plan_that_is_not_proven_is_no_floor() -> None:
    assert findings.gaps({"rows": [row(9.5, bound=9.0, proven=False)], "price": []}).holds
    assert not findings.gaps({"rows": [row(8.5, bound=9.0, proven=False)], "price": []}).holds


def test_comparisons_of_means_hold_and_fail() -> None:
    better, same, worse = ({"rows": [row(value, 11.0, 12.0)]} for value in (10.5, 11.01, 12.5))
    assert [findings.within_pso(one).holds for one in (better, same, worse)] == [True, True, False]
    assert [findings.same_as_pso(one).holds for one in (better, same, worse)] == [False, True, False]
    assert [findings.below_ga(one).holds for one in (better, same, worse)] == [True, True, False]
    assert [findings.below_ga_on_blocks(one).holds for one in (better, same, worse)] == [True, True, False]


@pytest.mark.parametrize("check", COMPARISONS)
def test_a_setting_in_which_only_the_other_has_a_plan_is_a_failure(check: Check) -> None:
    ga = 11.0 if check is findings.same_as_pso else 12.0
    good = row(11.0, 11.0, ga)
    assert check({"rows": [good]}).holds
    found = check({"rows": [good, row(NONE, 11.0, 12.0)]})
    assert not found.holds
    assert "in 1 only the other" in found.evidence
    assert not check({"rows": [row(NONE, NONE, NONE)]}).holds
    assert not check({"rows": []}).holds


def test_only_spso_ga_with_a_plan_is_below_and_not_equal() -> None:
    rows = {"rows": [row(11.0, 11.0, 12.0), row(11.0, NONE, NONE)]}
    held = [check(rows).holds for check in COMPARISONS]
    assert held == [True, False, True, True]


def test_means_equal_to_those_of_ga_count_at_the_optimum_only() -> None:
    below, optimal, far = row(11.0, 12.0, 13.0), row(10.0, 12.0, 10.0), row(15.0, 16.0, 15.0)
    assert findings.below_ga({"rows": [below, optimal]}).holds
    assert not findings.below_ga({"rows": [below, far]}).holds
    assert not findings.below_ga({"rows": [optimal]}).holds
    assert not findings.below_ga_on_blocks({"rows": [below, optimal]}).holds


def test_runs_without_a_plan_are_told() -> None:
    told = findings.within_pso({"rows": [row(runs(11.0, 11.0, missed=1), runs(12.0, missed=2))]}).evidence
    assert "without a plan SPSO-GA 1 of 3 runs, PSO-GA 2 of 3 runs" in told


def test_energy_that_rises_with_the_deadline_is_seen() -> None:
    assert findings.never_rises({"open": [energies(3.0, 2.0, 2.0)]}).holds
    assert not findings.never_rises({"open": [energies(3.0, 2.0, 2.0), energies(2.0, 3.0, 1.0)]}).holds
    assert not findings.never_rises({"open": [energies(np.inf, 2.0, 2.0)]}).holds
    assert not findings.never_rises({"open": []}).holds


@pytest.mark.parametrize(
    ("means", "optima", "holds"),
    [
        ((12.0, 11.0), (11.0, 10.0), True),
        ((11.0, 11.0), (11.0, 10.0), False),
        ((11.0, 12.0), (11.0, 10.0), False),
        ((12.0, 11.0), (10.0, 10.0), False),
        ((np.inf, 11.0), (11.0, 10.0), False),
        ((12.0, 11.0), (None, 10.0), False),
    ],
)
def test_a_fall_is_one_of_means_and_of_optima(
    means: tuple[float, ...], optima: tuple[float | None, ...], holds: bool
) -> None:
    rows = [
        row(runs(mean) if np.isfinite(mean) else NONE, exact=optimum)
        for mean, optimum in zip(means, optima, strict=True)
    ]
    assert findings.falls({"open": [energies(3.0, 2.0, 2.0)], "rows": rows}).holds is holds


def test_more_edge_servers_hold_and_fail() -> None:
    found = findings.edges_help({"edges": [edges(5.0, 5.0, 4.0), edges(3.0, 3.0, 3.0)]})
    assert found.holds
    assert "2 sequences, 0 rises, 1 fall; edge servers run layers in 6 of 6 optima" in found.evidence
    for wrong in ((5.0, 5.1), (np.inf, np.inf), (np.inf, 5.0)):
        assert not findings.edges_help({"edges": [edges(5.0, 4.0), edges(*wrong)]}).holds


def test_times_and_prices_hold_and_fail() -> None:
    assert findings.search_time({"times": [(1, 0.7, 1.0), (2, 0.6, 1.0)]}).holds
    assert not findings.search_time({"times": [(1, 0.7, 1.0), (2, 0.8, 1.0)]}).holds
    assert not findings.search_time({"times": [(1, 0.7, 1.0), (2, np.nan, 1.0)]}).holds
    for check, better, worse in (
        (findings.price_below, row(pso=12.0, ga=12.0), row(pso=12.1, ga=12.0)),
        (findings.price_below_greedy, row(pso=11.5), row(pso=11.6)),
    ):
        assert check({"price": [better]}).holds
        assert not check({"price": [better, worse]}).holds
        assert not check({"price": [better, row(pso=NONE, ga=NONE, greedy=np.inf)]}).holds


def test_the_tables_tell_gaps_runs_and_misses() -> None:
    rows = [row(runs(10.0, 12.5, missed=1)), row(NONE, 12.0, 13.0, deadline="D2")]
    gaps = gaps_table(rows)
    assert gaps["spso-ga gap [%]"].tolist()[0] == pytest.approx(100 * (11.25 - 10) / 11.25)
    assert np.isnan(gaps["spso-ga gap [%]"].tolist()[1])
    assert gaps["LNS gap [%]"].tolist() == [0.0, 0.0]
    assert gaps["without a plan"].tolist() == ["spso-ga 1 of 3", "spso-ga 1 of 1"]
    first = runs_table(rows).iloc[0]
    assert first[["method", "runs", "without a plan", "least", "mean"]].tolist() == ["spso-ga", 3, 1, 10.0, 11.25]


def test_the_tables_of_optima_have_an_axis_and_say_where_layers_run() -> None:
    (first,) = sensitivity_table([energies(4.0, 3.0, 3.0)]).to_dict("records")
    assert [first[f"{factor} x HEFT"] for factor in ("1.2", "3", "8")] == [4.0, 3.0, 3.0]
    assert (first["D5 below D1 [%]"], first["tiers from"]) == (25.0, "cloud 1.2, edge 3")
    (second,) = edges_table([edges(5.0, 4.0)]).to_dict("records")
    assert (second["2 edges"], second["4 edges"], second["tiers from"]) == (5.0, 4.0, "edge 2")


def test_every_default_deadline_and_named_setting_is_on_the_axes() -> None:
    assert set(FACTORS) <= set(study.AXIS)
    settings = [study.figures_of(*one) for one in product(study.CLOUD_MB_PER_S, study.EDGE_MB_PER_S, study.UNITS_S)]
    assert all(one in settings for one in study.SETTINGS.values())


@pytest.mark.slow
def test_the_slow_cloud_leaves_alexnet_to_edge_servers_and_the_default_needs_none() -> None:
    found = study.edge_counts(Bench())
    tiers = {
        figures: [one for row in found if (row.network, row.figures) == ("alexnet", figures) for one in row.tiers[1:]]
        for figures in study.SETTINGS
    }
    assert all("edge" in one for one in tiers["slow cloud"])
    assert not any("edge" in one for one in tiers["default"])
    assert {True, False} == {"edge" in one for one in tiers["10 ms"]}
    moving = {row.figures for row in found if row.optima[-1] < row.optima[0] * (1 - 1e-9)}
    assert moving == {"slow cloud", "10 ms"}


@pytest.fixture
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("RUNS", 1),
            ("GA_RUNS", 1),
            ("TIMED_RUNS", 1),
            ("ITERATIONS", 10),
            ("LNS_S", 0.3),
            ("EXACT_S", 3.0),
        ):
            patch.setattr(spso_ga_comparison, name, value)
        for name in ("CLOUD_MB_PER_S", "EDGE_MB_PER_S"):
            patch.setattr(study, name, (2.0,))
        patch.setattr(study, "UNITS_S", (1e-3, 1e-2))
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_theorems_hold_in_a_small_measurement() -> None:
    found = verdicts(reproduced("spso-ga"))
    theorems = {claim.name for claim in spso_ga.SpsoGaSystem.claims if claim.kind == "theorem"}
    assert {found[name] for name in theorems} == {"reproduced"}
