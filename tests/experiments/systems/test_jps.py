"""JPS's claims hold as far as they do, and each that is checked fails where a method is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from experiments.systems import jps
from experiments.systems import jps_findings as findings
from experiments.systems.bench import Bench
from experiments.systems.reproduction import Reproduction, reproduce
from experiments.systems.system import system_named
from solvers.contract import MethodParams, Outcome, SolutionStatus, Termination
from solvers.flow_shop_setup import open_shop, plan_in_order
from tests.experiments.systems.broken import verdicts

FALSE = {"no worse than the baselines, any chain", "paths of a DAG", "DAGs against the baselines"}
"""What does not hold; the last of so few jobs as here."""


class InOrder:
    """Cuts every job at one row, in the order given, later ones backwards."""

    Params, families, params = MethodParams, frozenset({"schedule"}), MethodParams()

    def __init__(self, row: int) -> None:
        self.row = row

    def decline(self, problem: Any, budget: Any) -> None:
        return None

    def solve(self, problem: Any, budget: Any, rng: np.random.Generator, trace: Any) -> Outcome:
        shop = open_shop(problem)
        cut = np.array([self.row % len(shop.classes[one].cut) for one in shop.class_of])
        plan = plan_in_order(shop, cut, np.arange(shop.n_jobs))
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)


def reproduced(**replaced: Callable[[], Any]) -> Reproduction:
    bench = Bench(replaced={name.replace("_", "-"): made for name, made in replaced.items()})
    found = reproduce(system_named("jps"), bench)
    assert not found.error, found.error
    return found


@pytest.fixture(scope="module", autouse=True)
def little() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jps, "REGRESSION", {key: jps.REGRESSION[key] for key in (("alexnet", 2.0), ("alexnet", 5.0))})
        patch.setattr(jps, "LINES", 3)
        patch.setattr(jps, "SMALL", 4)
        patch.setattr(jps, "ROUGH", 4)
        patch.setattr(jps, "MANY", 300)
        patch.setattr(jps, "SIZES", (5, 50))
        patch.setattr(jps, "DAG_JOBS", 4)
        patch.setattr(jps, "DAGS", ("resnet18",))
        patch.setattr(jps, "SERVED", ((0.0, 1),))
        yield


@pytest.fixture(scope="module")
def lazy() -> Reproduction:
    """A phone that keeps everything, beside a third stage that sends everything."""
    return reproduced(jps=lambda: InOrder(-1), flow_shop_cp_sat=lambda: InOrder(0))


def test_what_is_computed_is_reproduced_but_for_what_does_not_hold() -> None:
    found = verdicts(reproduced())
    assert {name for name, verdict in found.items() if verdict == "not checkable"} == {"latency on the phone"}
    assert {name for name, verdict in found.items() if verdict == "not reproduced"} <= FALSE, found


@pytest.mark.parametrize(
    "claim",
    [
        "one network, one number",
        "optimal in the long run",
        "no worse than the baselines, linear f and convex g",
        "no worse than the baselines, any chain",
        "significantly lower",
        "three stages",
    ],
)
def test_a_phone_that_keeps_everything_fails(lazy: Reproduction, claim: str) -> None:
    assert verdicts(lazy)[claim] == "not reproduced"


def test_an_optimum_that_is_none_is_seen() -> None:
    found = reproduced(flow_shop_counts=lambda: InOrder(0))
    assert found.failed
    assert verdicts(found)["counts are exact"] == "not reproduced"
    assert verdicts(found)["never below the optimum"] == "not reproduced"


def test_claims_on_dags_look_at_both_sides() -> None:
    checks = {one.name: one.check for one in jps.Jps.claims}
    paths, baselines = checks["paths of a DAG"], checks["DAGs against the baselines"]
    assert paths is not None and baselines is not None
    better = {"dags": [("net", 4, "paths", 1.0, 2.0, 2.0)]}
    worse = {"dags": [("net", 4, "paths", 3.0, 2.0, 2.0)]}
    neither = {"dags": [("net", 4, "segments", 2.0, 2.0, 2.0)]}
    assert [paths(one).holds for one in (better, worse, neither)] == [True, False, False]
    assert [baselines(one).holds for one in (better, worse)] == [True, False]
    for values in ((None, None, None), (None, 2.0, 2.0), (np.inf, np.inf, np.inf)):
        absent = {"dags": [*better["dags"], ("net", 4, "paths", *values)]}
        assert not paths(absent).holds
        assert not baselines(absent).holds
    assert not baselines({"dags": [("net", 4, "paths", 1.0, 2.0, None)]}).holds


def test_no_claim_holds_where_a_plan_is_absent() -> None:
    study = {2: [0.1, 0.3], 5: [0.1]}
    assert findings.gap_falls({"study": study}).holds
    assert "20.00% / 30.00% (6.2 / 15.6 %)" in findings.gap_falls({"study": study}).evidence
    assert not findings.gap_falls({"study": {2: [0.1, None], 5: [0.01]}}).holds
    assert not findings.gap_falls({"study": {2: [np.inf], 5: [0.01]}}).holds
    assert not findings.gap_falls({"study": {2: [None], 5: [None]}}).holds
    assert findings.significant({"against_best": [("a", 0.8, 1.0)]}).holds
    for pair in ((0.8, None), (None, 1.0), (0.8, np.inf)):
        assert not findings.significant({"against_best": [("a", *pair), ("b", 0.1, 1.0)]}).holds
    for check, fact in ((findings.no_worse_on_lines, "lines"), (findings.no_worse_anywhere, "rough")):
        assert check({fact: [(3, 1.0, 1.0)]}).holds
        for row in ((3, 1.1, 1.0), (3, None, None), (3, 1.0, None), (3, np.inf, np.inf)):
            assert not check({fact: [(3, 1.0, 1.0), row]}).holds
    assert not findings.as_printed({"printed": [("a", None, "6.0")]}).holds


def test_a_decision_that_takes_long_or_has_no_plan_is_not_quick() -> None:
    assert findings.quick({"decision": (0.1, 10_000)}).holds
    assert not findings.quick({"decision": (0.11, 10_000)}).holds
    assert not findings.quick({"decision": (None, 10_000)}).holds


def test_printed_digits_are_all_that_counts() -> None:
    facts = {"printed": [("a", 25.1862, "25.19"), ("b", 6.0000001, "6.0")]}
    claim = next(one for one in jps.Jps.claims if one.name == "one network, one number")
    assert claim.check is not None
    assert claim.check(facts).holds
    assert not claim.check({"printed": [("a", 25.196, "25.19")]}).holds
    assert not claim.check({"printed": []}).holds
