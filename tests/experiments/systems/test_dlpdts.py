"""DLPDTS's claims hold as far as they do, each that is checked fails where a method is broken, and data are optional."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.systems import dlpdts
from experiments.systems import dlpdts_findings as findings
from experiments.systems.bench import Bench
from experiments.systems.dlpdts_streams import alone_s, poisson
from experiments.systems.dlpdts_streams import requests as trace_of
from experiments.systems.reproduction import Reproduction, reproduce
from experiments.systems.system import system_named
from formulations.schedule.flow_shop_plan import flow_shop_plan, stage_times
from instances.errors import InputError
from solvers.contract import MethodParams, Outcome, SolutionStatus, Termination
from solvers.flow_shop_setup import open_shop
from tests.experiments.systems.broken import verdicts

FALSE = {
    "queue-aware beats static",
    "towards the cloud as tasks arrive faster",
    "near the clairvoyant",
}
"""What does not hold, the last on some short traces."""
REAL = "real arrivals"


class OneCut:
    """Cuts every task at one row; the edge serves the last that came first."""

    Params, families, params = MethodParams, frozenset({"schedule"}), MethodParams()

    def __init__(self, row: int) -> None:
        self.row = row

    def decline(self, problem: Any, budget: Any) -> None:
        return None

    def solve(self, problem: Any, budget: Any, rng: np.random.Generator, trace: Any) -> Outcome:
        shop = open_shop(problem)
        cut = np.array([self.row % len(shop.classes[one].cut) for one in shop.class_of])
        plan = flow_shop_plan(shop, cut, stage_times(shop, cut, np.argsort(shop.release, kind="stable")[::-1]))
        return Outcome(plan=plan, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)


def reproduced(data: Path | None = None, **replaced: Callable[[], Any]) -> Reproduction:
    bench = Bench(replaced={name.replace("_", "-"): made for name, made in replaced.items()}, data=data)
    found = reproduce(system_named("dlpdts"), bench)
    assert not found.error, found.error
    return found


@pytest.fixture(scope="module", autouse=True)
def little() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dlpdts, "TASKS", 40)
        patch.setattr(dlpdts, "LOADS", (0.3, 1.2))
        patch.setattr(dlpdts, "UPLINKS", (2e6,))
        patch.setattr(dlpdts, "SLOWER", (1.0, 3.0))
        patch.setattr(dlpdts, "SHORT", 1)
        patch.setattr(dlpdts, "FEW", 3)
        patch.setattr(dlpdts, "MANY", 200)
        yield


@pytest.fixture(scope="module")
def stubborn() -> Reproduction:
    return reproduced(dlpdts=lambda: OneCut(-1))


def requests(folder: Path, seconds: list[float]) -> Path:
    (folder / "azure-llm-2023").mkdir()
    lines = [f"2023-11-16 18:17:{one:010.7f},10,1" for one in seconds]
    for name in dlpdts.TRACES:
        (folder / "azure-llm-2023" / name).write_text("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *lines]))
    return folder


def test_what_is_computed_is_reproduced_but_for_what_does_not_hold() -> None:
    found = verdicts(reproduced())
    assert {name for name, verdict in found.items() if verdict == "not checkable"} == {REAL, "average response time"}
    assert {name for name, verdict in found.items() if verdict == "not reproduced"} <= FALSE, found


def test_real_arrivals_are_checked_where_they_are_given(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found = verdicts(reproduced(requests(tmp_path, np.sort(rng.uniform(0, 59, 50)).tolist())))
    assert found[REAL] == "reproduced"


@pytest.mark.parametrize("text", ["TIMESTAMP\nsoon\nlater\n", "TIME\n1\n", "TIMESTAMP\n2023-11-16 18:17:00\n", ""])
def test_a_damaged_trace_is_the_users_to_mend(tmp_path: Path, text: str) -> None:
    folder = requests(tmp_path, [1.0, 2.0])
    (folder / "azure-llm-2023" / dlpdts.TRACES[0]).write_text(text)
    with pytest.raises(InputError, match=dlpdts.TRACES[0]):
        trace_of(Bench(data=folder), dlpdts.TRACES[0], 10)


@pytest.mark.parametrize(
    "claim",
    [
        "queue-aware beats static",
        "towards the cloud as tasks arrive faster",
        "towards the cloud as the edge slows down",
        "models larger than the memory",
    ],
)
def test_an_edge_that_keeps_everything_fails(stubborn: Reproduction, claim: str) -> None:
    assert verdicts(stubborn)[claim] == "not reproduced"


def test_static_cuts_that_are_not_the_best_are_seen() -> None:
    checks = {one.name: one.check for one in dlpdts.Dlpdts.claims}
    check = checks["static beats the extremes"]
    assert check is not None
    one = {"edge only": 2.0, "cloud only": 3.0}
    assert check({"poisson": {(1e6, 0.5): {**one, "best static": 2.0}}}).holds
    assert not check({"poisson": {(1e6, 0.5): {**one, "best static": 2.1}}}).holds
    assert not check({"poisson": {}}).holds


def test_a_clairvoyant_that_is_none_is_seen() -> None:
    found = reproduced(flow_shop_cp_sat=lambda: OneCut(-1))
    assert verdicts(found)["no better than the clairvoyant"] == "not reproduced"
    assert found.failed


def test_pareto_and_clairvoyant_claims_compare_what_they_say() -> None:
    pareto = next(one.check for one in dlpdts.Dlpdts.claims if one.name == "Pareto cuts are enough")
    assert pareto is not None
    assert not pareto({"pareto": [(1.0, 1.0), (1.1, 1.0)]}).holds
    near = findings.near_clairvoyant
    assert near({"clairvoyant": [(1.05, 1.0, 1.0, True)]}).holds
    assert not near({"clairvoyant": [(1.3, 1.0, 1.0, True)]}).holds
    # near the best plan, which is far from the bound
    assert not near({"clairvoyant": [(1.05, 1.0, 0.5, False)]}).holds
    for row in ((None, 1.0, 1.0, True), (1.0, None, 1.0, False), (1.0, 1.0, None, False), (np.inf, 1.0, 1.0, True)):
        assert not near({"clairvoyant": [(1.0, 1.0, 1.0, True), row]}).holds


def test_responses_that_are_absent_show_nothing() -> None:
    good = {"queue-aware": 1.0, "best static": 1.0, "edge only": 2.0, "cloud only": 2.0}
    for check, used in (
        (findings.at_every_load, ("queue-aware", "best static")),
        (findings.static_beats_extremes, ("best static", "edge only", "cloud only")),
    ):
        assert check({"poisson": {(1e6, 0.5): good}}).holds
        for name in used:
            for gone in (None, np.inf):
                assert not check({"poisson": {(1e6, 0.5): good, (1e6, 0.9): {**good, name: gone}}}).holds
    for shares in ({0.1: 0.9, 0.5: None, 0.9: 0.1}, {0.1: 0.9}, {0.1: 0.9, 0.9: 0.9}, {0.1: 0.9, 0.5: 0.2, 0.9: 0.5}):
        assert not findings.slower_edge({"slower_share": shares}).holds
        assert not findings.towards_cloud({"edge_share": {(1e6, load): one for load, one in shares.items()}}).holds
    assert findings.slower_edge({"slower_share": {0.1: 0.9, 0.9: 0.1}}).holds


def test_on_real_arrivals_a_worse_or_absent_response_fails() -> None:
    good = {"queue-aware": 1.0, "best static": 1.1}
    assert findings.real_arrivals({"real": {"a": good}}).holds
    for bad in ({**good, "queue-aware": 1.2}, {**good, "queue-aware": None}, {**good, "best static": None}):
        assert not findings.real_arrivals({"real": {"a": good, "b": bad}}).holds


def test_a_large_model_must_be_cut_and_beat_the_cloud() -> None:
    good = {"edge only": None, "cut": 1.0, "cloud": 2.0, "edge share": 0.4}
    assert findings.memory({"memory": good}).holds
    for change in ({"edge only": 1.0}, {"cut": None}, {"cloud": None}, {"cloud": 1.0}, {"edge share": 0.0}):
        assert not findings.memory({"memory": {**good, **change}}).holds


def test_a_simulation_that_takes_long_or_has_no_plan_is_not_quick() -> None:
    assert findings.quick({"decision": (1.0, 10_000)}).holds
    assert not findings.quick({"decision": (1.01, 10_000)}).holds
    assert not findings.quick({"decision": (None, 10_000)}).holds


def test_the_bound_of_a_stream_is_that_of_all_its_tasks_at_once() -> None:
    problem = poisson(0.9, 6)
    whole = Bench().run("schedule-bound", problem).outcome.bound
    assert alone_s(Bench(), problem) == pytest.approx(whole, rel=1e-9)
