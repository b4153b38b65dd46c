"""The terminal: a table as rich prints it, value and gap side by side."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from experiments.tables.table import Cell, Row, Table

__all__ = ["print_table"]


def print_table(table: Table, console: Console) -> None:
    """Print `table`; wrong results in red. Where there is no terminal it is as wide as it needs to be."""
    shown = RichTable(
        title=table.caption, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    shown.add_column(table.corner, no_wrap=True)
    groups = table.groups
    for index, (name, width) in enumerate(groups):
        start = sum(w for _, w in groups[:index])
        part = table.columns[start : start + width]
        for column in part:
            first = name if column is part[0] else ""
            heading = f"{first}\n{column.heading}" if any(g for g, _ in groups) else column.heading
            shown.add_column(heading, justify="right", no_wrap=True)
    for row in table.rows:
        shown.add_row(row.heading, *map(_text, row.cells))
    if table.footer:
        shown.add_section()
        for row in table.footer:
            shown.add_row(Text(row.heading, style="dim"), *(_footer(row)))
    console.print(shown)
    for note in table.notes:
        console.print(Text(note, style="red" if " WR, " in note else "dim"))
    console.print()


def _footer(row: Row) -> list[Text]:
    return [Text(cell.text, style="dim") for cell in row.cells]


def _text(cell: Cell) -> Text:
    style = "bold red" if cell.text == "WR" else "yellow" if cell.code else ("", "bold green", "underline")[cell.rank]
    # a blank stands where the star of others stands, so that points align
    return Text.assemble((cell.text, style), "*" if cell.star else " ")
