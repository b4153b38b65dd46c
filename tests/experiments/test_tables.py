"""Tables: ranks on rounded values, stars, codes, and the three formats."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from experiments.tables.csv import render_csv
from experiments.tables.frame import MEASURES
from experiments.tables.latex import render_latex
from experiments.tables.markdown import render_markdown
from experiments.tables.overview import overview_table
from experiments.tables.summary import summary_table
from experiments.tables.table import Cell, decimals_for, number_text, ranked
from experiments.tables.terminal import print_table


def cells(*texts: str) -> list[Cell]:
    return [Cell(value=float(t), text=t) if t[0].isdigit() else Cell(text=t, code=True) for t in texts]


@pytest.mark.parametrize(
    ("texts", "ranks"),
    [
        (["1.0", "2.0", "3.0"], [1, 2, 0]),
        (["3.0", "1.0", "TL"], [2, 1, 0]),
        (["1.0", "1.0", "2.0"], [1, 1, 0]),  # two firsts leave no second
        (["1.0", "2.0", "2.0"], [1, 2, 2]),
        (["1.0", "TL"], [0, 0]),  # nothing to compare with
        (["1.0", "1.0"], [1, 1]),
    ],
)
def test_best_and_second_are_decided_on_what_is_printed(texts: list[str], ranks: list[int]) -> None:
    assert [cell.rank for cell in ranked(cells(*texts), "min")] == ranks


def test_more_may_be_better() -> None:
    assert [cell.rank for cell in ranked(cells("1", "3", "2"), "max")] == [0, 1, 2]
    assert [cell.rank for cell in ranked(cells("1", "3", "2"), None)] == [0, 0, 0]


@given(st.lists(st.floats(min_value=1e-6, max_value=1e9), min_size=1, max_size=9), st.integers(2, 6))
def test_the_smallest_number_of_a_column_keeps_its_significant_digits(values: list[float], digits: int) -> None:
    decimals = decimals_for(values, digits, fixed=False)
    smallest = min(values)
    if decimals < 12:
        assert abs(float(number_text(smallest, decimals)) - smallest) <= 0.5000001 * 10.0 ** (1 - digits) * smallest


def test_minus_zero_is_zero() -> None:
    assert number_text(-0.0001, 2) == "0.00"


def frame(rows: list[tuple[str, str, float | None, str]], bound: float | None = 9.0) -> pd.DataFrame:
    made = []
    for i, (label, title, value, code) in enumerate(rows):
        gap = None if value is None or bound is None else (value - bound) / value
        made.append(
            {
                "label": label,
                "family": "family",
                "title": title,
                "tasks": 3,
                "method": title,
                "repetition": sum(r[:2] == (label, title) for r in rows[:i]),
                "instance": "i",
                "problem": label,
                "trial": f"t{i}",
                "status": "feasible",
                "termination": "completed",
                "verdict": "feasible",
                "reason": "too large | too_slow" if code else "",
                "recovered": False,
                "value": value,
                "bound": None,
                "seconds": 1.0,
                "wall_seconds": 1.0,
                "peak_bytes": 1e6,
                **dict.fromkeys(MEASURES),
                "limit_s": 2.0,
                "tolerance": 1e-4,
                "horizon_s": 2.0,
                "best_value": 9.0,
                "best_bound": bound,
                "gap": gap,
                "own_gap": None,
                "gap_to_best": None if value is None else (value - 9.0) / value,
                "proven": gap is not None and gap < 1e-4,
                "code": code,
            }
        )
    found = pd.DataFrame(made)
    numbers = ["value", "best_bound", "gap", "gap_to_best", "seconds"]
    found[numbers] = found[numbers].astype(float)
    return found


ROWS: list[tuple[str, str, float | None, str]] = [
    ("a_1", "exact", 9.0, ""),
    ("a_1", "greedy", 12.0, ""),
    ("a_1", "slow", None, "TL"),
]


def test_a_star_marks_what_is_proven_and_a_code_what_is_missing() -> None:
    table = summary_table(frame(ROWS), "Caption")
    exact, greedy, slow = table.rows
    assert exact.cells[0].star
    assert (exact.cells[0].rank, greedy.cells[0].rank) == (1, 2)
    assert greedy.cells[1].text == "25.00"
    assert (slow.cells[0].text, slow.cells[0].code) == ("TL", True)
    assert "slow, a_1: TL, too large | too_slow." in table.notes
    assert [row.cells[0].text for row in table.footer] == ["9.000", "9.000"]


def test_repetitions_are_collapsed_to_their_median_first() -> None:
    rows: list[tuple[str, str, float | None, str]] = [("a", "m", v, "") for v in (10.0, 30.0, 11.0)]
    table = summary_table(frame(rows), "")
    assert table.rows[0].cells[0].value == 11.0
    assert len(table.rows[0].cells[0].trials) == 3


def test_one_wrong_repetition_makes_the_cell_wrong() -> None:
    table = summary_table(frame([("a", "m", 10.0, ""), ("a", "m", None, "WR")]), "")
    assert table.rows[0].cells[0].text == "WR"


def test_repetitions_without_a_plan_are_told() -> None:
    table = summary_table(frame([("a", "m", 10.0, ""), ("a", "m", None, "TL")]), "")
    assert table.rows[0].cells[0].value == 10.0
    assert "m, a: 1 of 2 repetitions without a plan." in table.notes


def test_without_a_bound_there_is_no_gap_and_no_star() -> None:
    table = summary_table(frame(ROWS, bound=None), "")
    assert table.rows[0].cells[1].text == "–"
    assert not table.rows[0].cells[0].star


def test_the_overview_counts_coverage_first() -> None:
    table = overview_table(frame(ROWS), "")
    assert [row.cells[0].text for row in table.rows] == ["1/1", "1/1", "0/1"]
    assert [row.cells[1].text for row in table.rows] == ["1/1", "0/1", "0/1"]


def test_csv_has_numbers_in_full() -> None:
    rows: list[tuple[str, str, float | None, str]] = [("a", "m", 1 / 3, "")]
    assert "0.3333333333333333" in render_csv(summary_table(frame(rows, bound=None), ""))


def test_markdown_marks_best_second_and_star() -> None:
    text = render_markdown(summary_table(frame(ROWS), "Caption"))
    assert "| **9.000\\*** |" in " ".join(text.split())
    assert "<u>12.000</u>" in text
    assert "too large \\| too_slow" in text
    widths = {len(line) for line in text.splitlines() if line.startswith("| ") and "too" not in line}
    assert len(widths) == 1


LATEX = r"""% summary: needs array, booktabs, longtable, siunitx
\begin{table}
  \centering
  \caption{50\% \& more}
  \label{tab:summary}
  \sisetup{detect-weight=true, group-digits=false}
  \setlength{\tabcolsep}{4pt}
  \small
  \begin{tabular}{lrr}
    \toprule
     & \multicolumn{2}{c}{a\_1} \\
    \cmidrule(lr){2-3}
    method & value & gap (\%) \\
    \midrule
    exact & \textbf{\num{9.000}}\rlap{$^{*}$} & \textbf{\num{0.00}} \\
    greedy & \underline{\num{12.000}} & \underline{\num{25.00}} \\
    slow & TL & TL \\
    \midrule
    best value & \num{9.000} &  \\
    best bound & \num{9.000} &  \\
    \bottomrule
  \end{tabular}
"""


def test_latex_is_booktabs_with_siunitx_numbers_and_escaped_text() -> None:
    text = render_latex(summary_table(frame(ROWS), "50% & more"))
    assert text.startswith(LATEX)
    assert r"too large $|$ too\_slow" in text
    assert text.count("{") == text.count("}")
    assert text.endswith("\\end{table}\n")


def test_a_narrow_terminal_gets_the_table_in_parts_and_loses_no_digit() -> None:
    rows: list[tuple[str, str, float | None, str]] = [(f"instance {i}", "method", 123.4 + i, "") for i in range(6)]
    out = io.StringIO()
    print_table(summary_table(frame(rows), "Caption"), Console(file=out, width=60))
    text = out.getvalue()
    assert "…" not in text
    assert all(f"{123.4 + i:.1f}" in text and f"instance {i}" in text for i in range(6))
    assert max(len(line) for line in text.splitlines()) <= 60
