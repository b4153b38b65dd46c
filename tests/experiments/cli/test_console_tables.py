"""Tables of a console keep their text, and fall into blocks of whole columns where it is narrow."""

from __future__ import annotations

from io import StringIO

import pandas as pd
from rich.console import Console

from experiments.cli.console_tables import console_tables


def shown(frame: pd.DataFrame, width: int) -> list[str]:
    console = Console(width=width, file=StringIO())
    for table in console_tables(frame, console):
        console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def wide(columns: int) -> pd.DataFrame:
    frame = pd.DataFrame({"network": ["alexnet", "vgg16"] * 2, "Mbit/s": [1.0, 1.0, 8.0, 8.0]})
    for k in range(columns):
        frame[f"seconds of method {k}"] = [1.2345e-3 * (k + 1)] * 4
    return frame


def test_units_in_brackets_and_names_in_brackets_are_no_markup() -> None:
    lines = shown(pd.DataFrame({"decision [ms]": [1.0], "wait [s]": [2.0], "cut after": ["[bold]conv"]}), 80)
    assert all(text in lines[0] for text in ("decision [ms]", "wait [s]"))
    assert "[bold]conv" in lines[-1]


def test_a_table_that_fits_is_one() -> None:
    assert len(console_tables(wide(2), Console(width=100))) == 1


def test_headings_go_over_several_lines_before_a_table_falls_apart() -> None:
    assert len(console_tables(wide(6), Console(width=100))) == 1
    assert len(shown(wide(6), 100)) > len(shown(wide(6), 300))
    assert "…" not in "".join(shown(wide(6), 100))


def test_on_a_narrow_console_no_number_is_cut_and_each_block_says_which_row_it_is_about() -> None:
    frame = wide(24)
    console = Console(width=100)
    blocks = console_tables(frame, console)
    assert len(blocks) > 1
    assert max(map(len, shown(frame, 100))) <= 100
    for block in blocks:
        assert [str(column.header) for column in block.columns[:2]] == ["network", "Mbit/s"]
    text = "\n".join(shown(frame, 100))
    assert "…" not in text
    for k in range(24):
        assert text.count(f"{1.2345e-3 * (k + 1):.4g}") >= 4
    headings = " ".join(" ".join(str(column.header).split()) for block in blocks for column in block.columns)
    assert all(f"seconds of method {k}" in headings for k in range(24))


def test_keys_that_leave_no_room_give_way_to_the_first_column() -> None:
    frame = wide(6)
    frame.insert(1, "setting", [f"{'a long way to say which setting it is ' * 2}{k}" for k in range(4)])
    assert all(str(block.columns[0].header) == "network" for block in console_tables(frame, Console(width=60)))
    assert sum(str(c.header) == "setting" for b in console_tables(frame, Console(width=60)) for c in b.columns) == 1
