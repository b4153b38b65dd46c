"""Placements: graphs of 2,000 layers, and workloads of other people where their folder is given.

Run as ``python -m benchmarks.placement [--tables graphs,loads,stages,latencies] [--seconds 60] [--data FOLDER]``. FOLDER holds
`dnn-partitioning` (its `latency` and `throughput`) and `pipedream-profiles`, and may hold `reference`, what the authors' own
programs found. CPU seconds are those of this process, on one thread; kernels are compiled before, and workloads of other
people are run twice, of which the second run counts, unless the first takes more than 10 s.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from experiments.systems.bench import Bench, Run
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.score import relative_gap
from instances.placements.dnn_partitioning import read_dnn_partitioning
from instances.placements.pipedream import read_pipedream
from solvers.contract import Budget, SolutionStatus
from tests.formulations.placement.random_problems import layered

BERT24, BERT_L3 = "bert24_inference.json", "bert_l-3_inference.json"
GRAPHS = (("the whole rank before", True, 0.6), ("up to three of it", False, 0.6), ("up to three of it", False, 6.0))
LOAD, LATENCY = PlacementOptions(), PlacementOptions(objective="latency")
FREE = PlacementOptions(contiguous=False)
MILP = {"backend": "highs"}


def timed(bench: Bench, problem: PlacementProblem, method: str, seconds: float, **settings: Any) -> tuple[Run, float]:
    """Return a run and its CPU seconds."""
    began = time.process_time()
    run = bench.run(method, problem, budget=Budget(seconds=seconds), **settings)
    return run, time.process_time() - began


def milliseconds(value: float | None) -> str:
    return "" if value is None else f"{1e3 * value:.10g}"


def proven_gap(run: Run) -> str:
    """Return the gap, or that there is none."""
    if run.outcome.status is SolutionStatus.OPTIMAL:
        return "proven"
    gap = relative_gap(run.value, run.outcome.bound)
    return "" if gap is None else f"{gap:.1%}"


def graphs(bench: Bench, data: Path | None, seconds: float) -> Iterator[str]:
    """Graphs of 2,000 layers: both objectives, and the free load by the constraint model."""
    yield "| objective | each layer reads | tensors | method | value, s | bound | gap | CPU s |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for options in (LOAD, LATENCY):  # compiles, or loads what is compiled
        for full in (True, False):
            bench.run("placement-dp", PlacementProblem(instance=layered(60, 4, 1, full=full), options=options))
    for options, title, method, rows in (
        (LOAD, "load", "placement-dp", GRAPHS),
        (FREE, "load, `contiguous=false`", "placement-cp-sat", GRAPHS[1:2]),
        (LATENCY, "latency", "placement-dp", GRAPHS),
    ):
        for reads, full, size in rows:
            problem = PlacementProblem(instance=layered(2000, 4, 1, full=full, bytes_up_to=size), options=options)
            run, spent = timed(bench, problem, method, seconds)
            said = proven_gap(run)
            if "ideals" in run.outcome.info and said == "proven":
                said += f", {run.outcome.info['ideals']:,} ideals"
            cells = [title, reads, f"up to {size:g} s", f"`{method}`"]
            cells += ["" if one is None else f"{one:.3f}" for one in (run.value, run.outcome.bound)]
            yield f"| {' | '.join([*cells, said, f'{spent:.0f}'])} |"


def loads(bench: Bench, data: Path, seconds: float) -> Iterator[str]:
    """Maximum loads of the workloads of dnn-partitioning, in milliseconds."""
    yield "| workload | k | contiguous | method | theirs | ours | bound | gap | ideals | CPU s |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for contiguous, method, settings, files in (
        (True, "placement-dp", {}, ((BERT24, (3, 4, 6)), (BERT_L3, (3,)))),
        (False, "placement-cp-sat", {}, ((BERT24, (3, 4, 6)),)),
        (False, "placement-milp", MILP, ((BERT24, (3, 4, 6)),)),
    ):
        for file, counts in files:
            for k in counts:
                row = _theirs(data, file, k, "throughput")
                theirs = row.get("contig" if contiguous else "noncontig")
                options = PlacementOptions(accelerators=k, contiguous=contiguous)
                run, spent = _second(
                    bench, data / "dnn-partitioning/throughput" / file, options, method, seconds, settings
                )
                ideals = run.outcome.info.get("ideals")
                cells = [_NAMES[file], str(k), "yes" if contiguous else "no", f"`{method}`"]
                cells += ["" if theirs is None else f"{theirs:.10g}"]
                cells += [milliseconds(run.value), milliseconds(run.outcome.bound), proven_gap(run)]
                yield f"| {' | '.join([*cells, f'{ideals:,}' if ideals else '', f'{spent:.2f}'])} |"


def latencies(bench: Bench, data: Path, seconds: float) -> Iterator[str]:
    """Latencies of the workloads of dnn-partitioning, in milliseconds."""
    yield "| workload | k | method | theirs | ours | bound | gap | CPU s |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    three = (("placement-dp", {}), ("placement-cp-sat", {}), ("placement-milp", MILP))
    for folder, file, counts, methods in (
        ("latency", BERT24, (5, 3, 2, 1), three),
        ("throughput", BERT_L3, (3,), three[:2]),
    ):
        for k in counts:
            theirs = _theirs(data, file, k, folder).get("optimal") if folder == "latency" else None
            options = PlacementOptions(objective="latency", accelerators=k)
            for method, settings in methods:
                run, spent = _second(
                    bench, data / "dnn-partitioning" / folder / file, options, method, seconds, settings
                )
                cells = [f"{_NAMES[file]} ({folder})", str(k), f"`{method}`", "" if theirs is None else str(theirs)]
                cells += [milliseconds(run.value), milliseconds(run.outcome.bound), proven_gap(run), f"{spent:.2f}"]
                yield f"| {' | '.join(cells)} |"


def stages(bench: Bench, data: Path, seconds: float) -> Iterator[str]:
    """Stage times of PipeDream's profiles without replication, with and without transfers."""
    yield "| profile | machines | transfers | theirs, s | ours, s | gap | CPU s |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    options = PlacementOptions(hosts="none", overlap=True)
    for model in ("alexnet", "vgg16", "resnet18"):
        for machines in (2, 4, 8):
            for moved in (False, True):
                row = _stage(data, model, machines, moved)
                instance = read_pipedream(
                    data / "pipedream-profiles" / f"{model}.graph.txt",
                    machines=machines,
                    bytes_per_s=1e9 if moved else 1e300,
                )
                problem = PlacementProblem(instance=instance, options=options)
                for _ in range(2):
                    run, spent = timed(bench, problem, "placement-dp", seconds)
                cells = [model, str(machines), "1 GB/s" if moved else "none", f"{row['stage_s']:.10g}" if row else ""]
                cells += ["" if run.value is None else f"{run.value:.10g}", proven_gap(run), f"{spent:.2f}"]
                yield f"| {' | '.join(cells)} |"


TABLES: dict[str, Callable[[Bench, Any, float], Iterator[str]]] = {
    "graphs": graphs,
    "loads": loads,
    "stages": stages,
    "latencies": latencies,
}
_LONG_S = 10.0
_NAMES = {BERT24: "BERT-24, layers", BERT_L3: "BERT-L3, operators"}


def _second(
    bench: Bench, file: Path, options: PlacementOptions, method: str, seconds: float, settings: dict[str, Any]
) -> tuple[Run, float]:
    """Return the second of two runs on a workload of dnn-partitioning; the first where that takes long."""
    problem = PlacementProblem(instance=read_dnn_partitioning(file), options=options)
    first = timed(bench, problem, method, seconds, **settings)
    return first if first[0].seconds > _LONG_S else timed(bench, problem, method, seconds, **settings)


def _theirs(data: Path, file: str, k: int, folder: str) -> dict[str, Any]:
    """Return what the authors' programs found, empty where that is not at hand."""
    rows = _reference(data / "reference" / "dnn-partitioning-3-examples.json", "give")
    return next(
        (
            row
            for row in rows
            if row["k"] == k and row["instance"].startswith(folder) and row["instance"].endswith(file)
        ),
        {},
    )


def _stage(data: Path, model: str, machines: int, moved: bool) -> dict[str, Any]:
    """Return what PipeDream's optimiser found without replication."""
    rows = _reference(data / "reference" / "pipedream-optimizer.json", "values")
    mode = "straight, incl" if moved else "straight, compute"
    return next(
        (row for row in rows if (row["model"], row["n"]) == (model, machines) and row["mode"].startswith(mode)), {}
    )


def _reference(path: Path, key: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text())[key] if path.exists() else []
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default="graphs,loads,stages,latencies")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    bench = Bench()
    for name in asked.tables.split(","):
        if name != "graphs" and asked.data is None:
            continue
        for line in TABLES[name](bench, asked.data, asked.seconds):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
