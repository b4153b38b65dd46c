"""JPS's claims hold as far as they do, and each that is checked fails where a method is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from experiments.systems import jps
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
        patch.setattr(jps, "STUDY", {5: 2.4, 50: 0.33})
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
    better = {"dags": [("net", "paths", 1.0, 2.0, 2.0)]}
    worse = {"dags": [("net", "paths", 3.0, 2.0, 2.0)]}
    neither = {"dags": [("net", "segments", 2.0, 2.0, 2.0)]}
    assert [paths(one).holds for one in (better, worse, neither)] == [True, False, False]
    assert [baselines(one).holds for one in (better, worse)] == [True, False]


def test_printed_digits_are_all_that_counts() -> None:
    facts = {"printed": [("a", 25.1862, "25.19"), ("b", 6.0000001, "6.0")]}
    claim = next(one for one in jps.Jps.claims if one.name == "one network, one number")
    assert claim.check is not None
    assert claim.check(facts).holds
    assert not claim.check({"printed": [("a", 25.196, "25.19")]}).holds
    assert not claim.check({"printed": []}).holds
