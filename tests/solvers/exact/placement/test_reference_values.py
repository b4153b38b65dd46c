"""Maximum loads that other people's programs found on their measured workloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formulations.placement.plan import PlacementPlan
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate
from instances.placements.dnn_partitioning import read_dnn_partitioning
from instances.placements.pipedream import read_pipedream
from solvers.contract import SolutionStatus
from tests.solvers.exact.placement.runs import run

DATA = Path(__file__).parents[5] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the folder ../shared/data is absent")


def rows(name: str, key: str) -> list[dict[str, Any]]:
    path = DATA / "reference" / name
    return json.loads(path.read_text())[key] if path.exists() else []


THROUGHPUT = [
    row for row in rows("dnn-partitioning-3-examples.json", "give") if row["instance"].startswith("throughput")
]
LATENCY = [row for row in rows("dnn-partitioning-3-examples.json", "give") if row["instance"].startswith("latency")]
STAGES = [row for row in rows("pipedream-optimizer.json", "values") if row["mode"].startswith("straight")]


def workload(row: dict[str, Any], contiguous: bool) -> PlacementProblem:
    file = DATA / "dnn-partitioning" / "throughput" / row["instance"].split("/")[-1]
    options = PlacementOptions(accelerators=row["k"], contiguous=contiguous)
    return PlacementProblem(instance=read_dnn_partitioning(file), options=options)


@pytest.mark.parametrize("row", THROUGHPUT, ids=lambda row: f"{row['instance'].split('/')[-1]}-{row['k']}")
def test_contiguous_maximum_loads_are_those_of_the_authors(row: dict[str, Any]) -> None:
    outcome, score = run("placement-dp", workload(row, contiguous=True))
    assert outcome.status is SolutionStatus.OPTIMAL
    assert score is not None and score.value is not None
    assert 1e3 * score.value == pytest.approx(row["contig"], rel=1e-12)


# the authors' MILP solver met its constraints to 1e-6 or so, and its maximum loads are low by up to 2.2e-8
@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in THROUGHPUT if "noncontig" in row], ids=lambda row: str(row["k"]))
def test_free_maximum_loads_are_those_of_the_authors(row: dict[str, Any]) -> None:
    outcome, score = run("placement-cp-sat", workload(row, contiguous=False), 150.0)
    assert score is not None and score.feasible and score.value is not None
    assert 1e3 * score.value == pytest.approx(row["noncontig"], rel=1e-7)
    assert outcome.status is SolutionStatus.OPTIMAL
    assert outcome.bound is not None and outcome.bound <= score.value


# milliseconds; theirs is low by 1e-12 of the value, for the same reason
BERT_ON_FIVE, BERT_ON_CPU = 100.2184999899, 924.06
BERT = DATA / "dnn-partitioning" / "latency" / "bert24_inference.json"


@pytest.mark.skipif(not BERT.exists(), reason="no ../shared/data/dnn-partitioning: the authors' measured BERT-24")
@pytest.mark.parametrize("method", ["placement-dp", "placement-cp-sat", "placement-milp"])
def test_the_latency_of_bert_on_five_accelerators_is_that_of_the_authors_and_proven(method: str) -> None:
    options = PlacementOptions(accelerators=5, objective="latency")
    problem = PlacementProblem(instance=read_dnn_partitioning(BERT), options=options)
    outcome, score = run(method, problem, 60.0)
    assert outcome.status is SolutionStatus.OPTIMAL
    assert score is not None and score.feasible and score.value is not None
    assert 1e3 * score.value == pytest.approx(BERT_ON_FIVE, rel=1e-9)
    assert outcome.bound is not None and outcome.bound >= score.value * (1 - 1e-9)
    hosts = PlacementPlan(node=np.r_[-1, np.full(len(problem.network) - 1, problem.workers[0].node)])
    assert 1e3 * (evaluate(problem, hosts).value or 0.0) == pytest.approx(BERT_ON_CPU, rel=1e-12)
    for row in LATENCY:
        assert (row["k"], row["optimal"], row["all_on_cpu"]) == (5, BERT_ON_FIVE, BERT_ON_CPU)


@pytest.mark.parametrize("row", STAGES, ids=lambda row: f"{row['model']}-{row['n']}-{row['mode'][-4:]}")
def test_stage_times_are_those_of_pipedream(row: dict[str, Any]) -> None:
    moved = "incl" in row["mode"]
    instance = read_pipedream(
        DATA / "pipedream-profiles" / f"{row['model']}.graph.txt",
        machines=row["n"],
        bytes_per_s=row["bw_bytes_per_s"] if moved else 1e300,
    )
    problem = PlacementProblem(instance=instance, options=PlacementOptions(hosts="none", overlap=True))
    outcome, score = run("placement-dp", problem)
    assert outcome.status is SolutionStatus.OPTIMAL
    assert score is not None and score.value == pytest.approx(row["stage_s"], rel=1e-12)
