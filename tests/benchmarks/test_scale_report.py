"""What the tables of the scale benchmark say of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.scale_report import MARKS, SHARES, add_best_bounds, declined, draw, overview, runs_table, shares_table


def run(method: str, seed: int, value: float | None, bound: float | None, **more: Any) -> dict[str, Any]:
    own = None if value is None or bound is None else (value - bound) / value
    figures = {
        "seconds": 1.0 * seed,
        "peak_mb": 300.0,
        "referee_s": 0.1,
        "reached": {str(mark): None for mark in MARKS},
    }
    shares = dict.fromkeys(SHARES, 0.1 * seed)
    row = {"tasks": 10, "load": "middle", "seed": seed, "method": method, "value": value, "bound": bound, "gap": own}
    return {**row, **figures, **shares, **more}


def cells(table: str, method: str) -> dict[str, str]:
    head, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    return next(dict(zip(head, line, strict=True)) for line in lines if line[2] == method)


def test_a_method_without_a_bound_has_a_gap_to_the_best_bound_of_its_instance() -> None:
    rows = [run("exact", 1, 10.0, 9.0), run("milp", 1, 10.0, 9.5), run("ga", 1, 19.0, None), run("ga", 2, 19.0, None)]
    add_best_bounds(rows)
    assert rows[0]["gap_to_best"] == pytest.approx(0.05)
    assert rows[2]["gap_to_best"] == pytest.approx(0.5)
    assert rows[3]["gap_to_best"] is None  # no method has a bound on the instance of seed 2
    assert cells(runs_table(rows[:3]), "ga")["gap"] == ""
    assert cells(runs_table(rows[:3]), "ga")["gap to best bound"] == "50.000%"


def test_a_median_counts_runs_without_a_plan_as_worse_than_any() -> None:
    rows = [run("milp", 1, 10.0, 9.0), run("milp", 2, None, 9.0), run("milp", 3, 12.0, 9.0)]
    add_best_bounds(rows)
    assert cells(runs_table(rows), "milp")["value"] == "12"
    assert cells(runs_table(rows[:2]), "milp")["value"] == ""


def test_the_overview_has_a_line_for_each_size_and_leaves_out_who_has_no_plan() -> None:
    rows = [run("exact", 1, 10.0, 9.0), run("ga", 1, 20.0, None), run("exact", 2, 10.0, 9.0, tasks=1_000)]
    rows.append({"tasks": 1_000, "load": "middle", "seed": 2, "method": "ga", "reason": "too many"})
    add_best_bounds(rows)
    head, _, *lines = overview(rows).splitlines()
    assert head == "| load | tasks | exact | ga |"
    assert lines == ["| middle | 10 | 1 s, 10.000% | 1 s, 55.000% |", "| middle | 1,000 | 2 s, 10.000% |  |"]


def test_shares_are_those_of_the_best_plan_of_every_instance() -> None:
    rows = [run("ga", 1, 20.0, None, split_tasks=0.9), run("exact", 1, 10.0, 9.0), run("exact", 3, 10.0, 9.0)]
    assert shares_table(rows).splitlines()[2].endswith("| 20.0% (10.0% to 30.0%) |")


def test_reasons_of_methods_that_did_not_run_are_told_once() -> None:
    refused = {"tasks": 1_000, "load": "middle", "method": "milp", "reason": "too many"}
    rows = [{**refused, "seed": seed} for seed in (1, 2)]
    assert declined(rows) == "- milp, 1,000 tasks: too many\n"
    assert "milp" not in runs_table(rows)


def test_the_figure_has_a_curve_for_each_method_with_plans(tmp_path: Path) -> None:
    rows = [run("exact", 1, 10.0, 9.0), run("ga", 1, 20.0, None), run("milp", 1, None, None)]
    add_best_bounds(rows)
    draw(rows, tmp_path / "scale.svg")
    figure = (tmp_path / "scale.svg").read_text()
    drawn = [name for name in ("exact", "ga", "milp") if f"<!-- {name} -->" in figure]  # text is drawn as paths
    assert drawn == ["exact", "ga"]
