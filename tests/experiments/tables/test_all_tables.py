"""The tables beside the summary: aggregates, daggers, groups, macros, sources."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from experiments.metrics.coverage import class_of
from experiments.tables.aggregates import aggregate_columns
from experiments.tables.coverage_table import coverage_table
from experiments.tables.csv import render_csv
from experiments.tables.families import families_of
from experiments.tables.families_table import families_table
from experiments.tables.instances_table import instances_table
from experiments.tables.latex import latex_text, render_latex
from experiments.tables.markdown import render_markdown
from experiments.tables.numbers import macro_name, render_numbers
from experiments.tables.overview import overview_table
from experiments.tables.significance import p_text, pairwise_table, significance_table
from experiments.tables.sources import sources_of
from experiments.tables.summary import summary_table
from experiments.tables.table import Table
from tests.experiments.frames import frame_from, random_frame, trial


def test_daggers_stand_at_methods_that_no_test_tells_from_the_best() -> None:
    rows = []
    for i in range(12):
        rows += [trial(f"i{i}", "best", 10.0 + i), trial(f"i{i}", "worse", 14.0 + i)]
        rows.append(trial(f"i{i}", "like", 10.0 + i + (0.3 if i % 2 else -0.2)))
    table = overview_table(frame_from(rows), "")
    [column] = [i for i, c in enumerate(table.columns) if c.title == "mean gap"]
    marks = {row.heading: row.cells[column].dagger for row in table.rows}
    assert marks == {"best": False, "like": True, "worse": False}
    assert any(note.startswith("† not significantly worse") and "12 instances" in note for note in table.notes)
    assert "$^{\\dagger}$" in render_latex(table)
    assert "†" in render_markdown(table)


def test_where_no_test_could_tell_there_are_no_daggers_and_the_note_says_so() -> None:
    table = overview_table(random_frame(4, 5), "")
    assert not any(cell.dagger for row in table.rows for cell in row.cells)
    assert any(note.startswith("No daggers: on 5 instances") for note in table.notes)


def test_few_instances_are_warned_of() -> None:
    table = overview_table(random_frame(2, 8), "")
    assert "Only 8 instances" in table.notes[-1]


def test_the_study_chooses_the_metrics() -> None:
    table = overview_table(random_frame(2, 3), "", ["value", "par10"])
    assert [c.title for c in table.columns] == ["plans", "proven", "wrong", "mean value", "PAR10"]


def test_the_shift_is_printed() -> None:
    assert any("shifted by 1 s" in note for note in overview_table(random_frame(2, 3), "").notes)


def test_families_are_the_blocks_of_a_study() -> None:
    document = {
        "name": "s",
        "seed": 1,
        "budget": {"seconds": 1},
        "instances": [
            {"generator": "line", "label": "line {tasks} equal", "set": {"tasks": [2, 3]}},
            {"generator": "metro", "seeds": [1, 2]},
        ],
        "methods": [{"name": "greedy"}],
    }
    assert families_of(document) == {
        "line 2 equal": "line equal",
        "line 3 equal": "line equal",
        "metro#1": "metro",
        "metro#2": "metro",
    }


def test_the_table_of_families_counts_plans_and_instances() -> None:
    frame = random_frame(2, 4)
    frame["family"] = ["one" if label in ("i0", "i1", "i2") else "two" for label in frame["label"]]
    table = families_table(frame, "")
    assert [c.group for c in table.columns] == ["one (3)"] * 3 + ["two (1)"] * 3
    assert [row.cells[0].text for row in table.rows] == ["3", "3"]


def test_the_summary_of_many_instances_is_by_family() -> None:
    assert summary_table(random_frame(2, 13), "").columns[0].group == "family (13)"
    assert summary_table(random_frame(2, 12), "").columns[0].group == "i0"


def test_coverage_counts_every_trial_once() -> None:
    frame = random_frame(3, 6, repetitions=2, missing=0.3)
    table = coverage_table(frame, "")
    assert sum(int(cell.value or 0) for row in table.rows for cell in row.cells) == len(frame)
    assert {c.title for c in table.columns} == set(class_of(frame))


def test_the_table_of_instances_ranks_within_each_and_goes_over_pages() -> None:
    table = instances_table(random_frame(3, 4, repetitions=2), "")
    assert [row.group for row in table.rows[:4]] == ["i0", "i0", "i0", "i1"]
    for label in ("i0", "i1", "i2", "i3"):
        values = {row.heading: row.cells[0] for row in table.rows if row.group == label}
        assert min(values.values(), key=lambda c: c.value or 0.0).rank == 1
    text = render_latex(table)
    assert "\\begin{longtable}" in text
    assert "\\endhead" in text
    assert text.count("\\textit{i0}") == 1
    assert render_csv(table).startswith("instance,method,value")


def test_the_table_of_significance_orders_by_rank_and_shows_the_effect() -> None:
    rows = []
    for i in range(12):
        rows += [trial(f"i{i}", "worse", 14.0 + i), trial(f"i{i}", "best", 10.0 + i), trial(f"i{i}", "mid", 12.0 + i)]
    table = significance_table(frame_from(rows), "")
    assert table is not None
    assert [row.heading for row in table.rows] == ["best", "mid", "worse"]
    worse = table.rows[2]
    assert worse.cells[1].text == "0–0–12"
    assert worse.cells[3].text == "<0.001"
    assert worse.cells[4].value == 1.0
    assert any("Friedman" in note and "24.00" in note for note in table.notes)  # 12 (k - 1) where all ranks agree
    pairs = pairwise_table(frame_from(rows), "")
    assert pairs is not None
    assert [(r.group, r.heading, r.cells[-1].text) for r in pairs.rows] == [
        ("worse", "best", "worse"),
        ("worse", "mid", "worse"),
        ("best", "mid", "better"),
    ]


def test_one_method_has_no_table_of_significance() -> None:
    assert significance_table(random_frame(1, 5), "") is None


@pytest.mark.parametrize(("p", "text"), [(0.0, "<0.001"), (0.00099, "<0.001"), (0.0312, "0.031"), (1.0, "1.000")])
def test_p_values_are_never_printed_as_zero(p: float, text: str) -> None:
    assert p_text(p) == text


def test_macros_have_names_that_tex_takes_and_no_two_share_one() -> None:
    frame = random_frame(3, 4)
    frame["title"] = frame["title"].map({"m0": "spso-ga 1", "m1": "spso_ga 1", "m2": "β 2"})
    text = render_numbers(frame, [overview_table(frame, "")])
    names = re.findall(r"\\newcommand\{\\(\w+)\}", text)
    assert len(names) == len(set(names)) > 20
    assert all(re.fullmatch(r"[A-Za-z]+", name) for name in names)
    assert "\\newcommand{\\tcTrials}{12}" in text
    assert macro_name(["PAR10", "a/b"]) == "tcPAROneZeroAB"


def test_sources_lead_from_every_number_to_its_trials() -> None:
    frame = random_frame(2, 3, repetitions=2)
    tables = [overview_table(frame, ""), instances_table(frame, ""), summary_table(frame, "")]
    found = sources_of(tables)
    by_title = {title: set(part["trial"]) for title, part in frame.groupby("title")}
    mine = {found["trials"][i] for i in found["tables"]["overview"]["m0"]["mean gap"]}
    assert mine == by_title["m0"]
    one = {found["trials"][i] for i in found["tables"]["instances"]["i1 / m1"]["value"]}
    assert one == {"i1/m1/0", "i1/m1/1"}
    for table in tables:
        for row in table.rows:
            assert all(cell.trials for cell in row.cells if cell.value is not None)


def test_wide_tables_are_set_in_parts_that_all_have_their_headings() -> None:
    text = render_latex(summary_table(random_frame(4, 12), ""))
    assert text.count("\\begin{tabular}") > 1
    assert text.count("\\begin{tabular}") == text.count("\\end{tabular}") == text.count("method &")
    assert all(text.count(f"{{c}}{{i{i}}}") == 1 for i in range(12))


def test_one_column_that_is_wider_than_a_page_ends_too() -> None:
    table = summary_table(random_frame(2, 2), "")
    wide: Table = replace(table, rows=tuple(replace(row, heading="x" * 200) for row in table.rows))
    assert render_latex(wide).count("\\begin{tabular}") == len(table.columns)


def test_signs_that_mean_something_to_tex_are_set_as_themselves() -> None:
    assert latex_text(r"50% & a_b {#} \x χ² ≥ 1") == (r"50\% \& a\_b \{\#\} \textbackslash{}x $\chi$$^{2}$ $\geq$ 1")


def test_a_column_without_a_number_is_left_out() -> None:
    rows = [trial(f"i{i}", t, 10.0 + i, best_bound=None) for i in range(3) for t in ("a", "b")]
    frame = frame_from(rows)
    from experiments.metrics.metric import metric

    found = aggregate_columns(frame, [metric("gap"), metric("value")])
    assert [c.title for c in found.columns] == ["mean value"]
    assert isinstance(frame, pd.DataFrame)
