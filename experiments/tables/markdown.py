"""Markdown: a pipe table with the best in bold and the second underlined."""

from __future__ import annotations

from experiments.tables.table import Cell, Table

__all__ = ["render_markdown"]


def render_markdown(table: Table) -> str:
    """Return `table` as a GitHub-flavoured pipe table, padded so that it reads well as text too."""
    first = [table.group_title, table.corner] if table.group_title else [table.corner]
    headings = first + [" ".join(filter(None, (c.group, c.heading))) for c in table.columns]
    lines = [[_escape(text) for text in headings]]
    before = ""
    for row in table.rows:
        group = [_escape(row.group if row.group != before else "")] if table.group_title else []
        lines.append([*group, _escape(row.heading), *map(_cell, row.cells)])
        before = row.group
    blank = [""] * (len(first) - 1)
    lines += [[*blank, f"*{_escape(row.heading)}*", *map(_cell, row.cells)] for row in table.footer]
    words = [True] * len(first) + [column.share > 0 for column in table.columns]
    # words are not padded: one long cell would stretch every line
    widths = [
        len(headings[i]) if i >= len(first) and words[i] else max(len(line[i]) for line in lines)
        for i in range(len(headings))
    ]
    widths = [max(width, 3) for width in widths]

    def row_text(line: list[str]) -> str:
        cells = [t.ljust(w) if left else t.rjust(w) for t, w, left in zip(line, widths, words, strict=True)]
        return "| " + " | ".join(cells) + " |"

    rule = "| " + " | ".join("-" * w if left else "-" * (w - 1) + ":" for w, left in zip(widths, words, strict=True))
    rule += " |"
    parts = [f"**{_escape(table.caption)}**\n"] if table.caption else []
    parts.append("\n".join([row_text(lines[0]), rule, *map(row_text, lines[1:])]) + "\n")
    parts += [f"{_escape(note)}  " for note in table.notes]
    return "\n".join(parts).rstrip() + "\n"


def _cell(cell: Cell) -> str:
    text = _escape(cell.text) + ("\\*" if cell.star else "") + ("†" if cell.dagger else "")
    return f"**{text}**" if cell.rank == 1 else f"<u>{text}</u>" if cell.rank == 2 else text


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
