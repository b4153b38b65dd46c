"""Two-level minimum cuts on which three max-flow libraries agree, from the reference data beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formulations.cut.cases import cases_of
from formulations.cut.problem import CutProblem
from formulations.cut.referee import evaluate
from instances.networks.graph import Layer, NetworkGraph
from instances.one_inference import Machine, Wire, one_inference
from solvers.exact.cut.min_cut import cut_case
from solvers.exact.cut.reduction import reduced

DATA = Path(__file__).parents[5] / "shared" / "data"
REFERENCE = DATA / "reference" / "dag-mincut-3-libraries.json"
pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="needs the reference data in ../shared/data")


def values() -> list[Any]:
    return json.loads(REFERENCE.read_text())["values"] if REFERENCE.exists() else []


def network(name: str) -> NetworkGraph:
    graph = json.loads((DATA / "dnn-graphs" / f"{name}.json").read_text())
    index = {node["id"]: i for i, node in enumerate(graph["nodes"])}
    layers = tuple(
        Layer(
            name=node["name"],
            kind="input" if i == 0 else node["op"].lower(),
            operations=2.0 * node["macs"],
            parameter_bytes=4.0 * node["params"],
            output_bytes=4.0 * node["out_elems"],
        )
        for i, node in enumerate(graph["nodes"])
    )
    edges = tuple(sorted({(index[a], index[b]) for a, b in graph["edges"]}))
    return NetworkGraph(name=name, layers=layers, edges=edges)


@pytest.mark.parametrize("row", values(), ids=lambda row: f"{row['model']}-{row['bw_Mbps']:g}")
def test_the_minimum_cut_has_the_reference_latency(row: dict[str, Any]) -> None:
    net = network(row["model"])
    machines = [
        Machine(name="phone", seconds=net.operations / 10e9),
        Machine(name="server", seconds=net.operations / 1000e9),
    ]
    wire = Wire(source="phone", target="server", bytes_per_s=row["bw_Mbps"] * 1e6 / 8)
    problem = CutProblem(instance=one_inference(net, machines, [wire]))
    case = next(cases_of(problem))
    for one in (case, reduced(case)):
        found = cut_case(one)
        assert found is not None
        value = evaluate(problem, one.plan(found.level)).value
        assert value == pytest.approx(row["latency"], abs=1e-9)
        assert np.isclose(found.bound, value, rtol=1e-9)
