"""Markdown: a pipe table with the best in bold and the second underlined."""

from __future__ import annotations

from experiments.tables.table import Cell, Table

__all__ = ["render_markdown"]


def render_markdown(table: Table) -> str:
    """Return `table` as a GitHub-flavoured pipe table, padded so that it reads well as text too."""
    headings = [table.corner] + [" ".join(filter(None, (c.group, c.heading))) for c in table.columns]
    lines = [[_escape(text) for text in headings]]
    lines += [[_escape(row.heading), *map(_cell, row.cells)] for row in table.rows]
    lines += [[f"*{_escape(row.heading)}*", *map(_cell, row.cells)] for row in table.footer]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]

    def row(line: list[str]) -> str:
        cells = [line[0].ljust(widths[0]), *(text.rjust(w) for text, w in zip(line[1:], widths[1:], strict=True))]
        return "| " + " | ".join(cells) + " |"

    rule = "| " + "-" * widths[0] + " | " + " | ".join("-" * (w - 1) + ":" for w in widths[1:]) + " |"
    parts = [f"**{_escape(table.caption)}**\n"] if table.caption else []
    parts.append("\n".join([row(lines[0]), rule, *map(row, lines[1:])]) + "\n")
    parts += [f"{_escape(note)}  " for note in table.notes]
    return "\n".join(parts).rstrip() + "\n"


def _cell(cell: Cell) -> str:
    text = _escape(cell.text) + ("\\*" if cell.star else "")
    return f"**{text}**" if cell.rank == 1 else f"<u>{text}</u>" if cell.rank == 2 else text


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
