"""The terminal: a table as rich prints it, value and gap side by side."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from experiments.tables.table import Cell, Table

__all__ = ["print_table"]


def print_table(table: Table, console: Console) -> None:
    """Print `table`, in as many parts as the terminal's width asks for; wrong results in red."""
    groups = list(range(len(table.groups)))
    wide = console.options.update(width=10_000)
    while groups:
        count = len(groups)
        while count > 1 and console.measure(_part(table, groups[:count]), options=wide).maximum > console.width:
            count -= 1
        console.print(_part(table, groups[:count]))
        groups = groups[count:]
    for note in table.notes:
        console.print(Text(note, style="red" if ": WR, " in note else "dim"))
    console.print()


def _part(table: Table, groups: list[int]) -> RichTable:
    title = table.caption if groups[0] == 0 else None
    shown = RichTable(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    if table.group_title:
        shown.add_column(table.group_title, no_wrap=True)
    shown.add_column(table.corner, no_wrap=True)
    chosen: list[int] = []
    start = 0
    for index, (name, width) in enumerate(table.groups):
        if index in groups:
            for offset in range(width):
                column = table.columns[start + offset]
                heading = f"{'' if offset else name}\n{column.heading}" if name else column.heading
                shown.add_column(heading, justify="left" if column.share else "right", no_wrap=not column.share)
                chosen.append(start + offset)
        start += width
    before = ""
    for row in table.rows:
        if table.group_title and before not in ("", row.group):
            shown.add_section()
        first = [Text(row.group if row.group != before else "", style="bold")] if table.group_title else []
        shown.add_row(*first, Text(row.heading), *(_text(row.cells[i]) for i in chosen))
        before = row.group
    if table.footer:
        shown.add_section()
        for row in table.footer:
            blank = [Text("")] if table.group_title else []
            cells = [Text(row.cells[i].text + " ", style="dim") for i in chosen]
            shown.add_row(*blank, Text(row.heading, style="dim"), *cells)
    return shown


def _text(cell: Cell) -> Text:
    style = "bold red" if cell.text == "WR" else "yellow" if cell.code else ("", "bold green", "underline")[cell.rank]
    # a blank stands where the mark of others stands, so that points align
    return Text.assemble((cell.text, style), "*" if cell.star else "†" if cell.dagger else " ")
