"""Sources: from each cell of each table to the trials that it was computed from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from experiments.tables.table import Table

__all__ = ["render_sources", "sources_of"]


def sources_of(tables: Sequence[Table]) -> dict[str, Any]:
    """Return the map table -> row -> column -> positions in its list of trials.

    ``{"trials": [identity, ...], "tables": {name: {row: {column: [position, ...]}}}}``. Rows that stand in a group
    are called ``group / row``. A position is shorter than an identity, of which a cell can have thousands.
    """
    place: dict[str, int] = {}
    for table in tables:
        for row in (*table.rows, *table.footer):
            for cell in row.cells:
                for trial in cell.trials:
                    place.setdefault(trial, len(place))
    found = {
        table.name: {
            (f"{row.group} / {row.heading}" if row.group else row.heading): {
                " ".join(filter(None, (column.group, column.title))): [place[trial] for trial in cell.trials]
                for column, cell in zip(table.columns, row.cells, strict=True)
                if cell.trials
            }
            for row in (*table.rows, *table.footer)
        }
        for table in tables
    }
    return {"trials": list(place), "tables": found}


def render_sources(tables: Sequence[Table]) -> str:
    """Return `sources_of` as JSON, one cell a line."""
    found = sources_of(tables)
    lines = ['{"trials": [']
    lines.append(",\n".join(f" {_json(trial)}" for trial in found["trials"]))
    lines.append('],\n"tables": {')
    parts = []
    for name, rows in found["tables"].items():
        inner = []
        for heading, cells in rows.items():
            inside = ",\n".join(f"   {_json(column)}: {_json(places)}" for column, places in cells.items())
            inner.append(f"  {_json(heading)}: {{\n{inside}\n  }}" if cells else f"  {_json(heading)}: {{}}")
        parts.append(f" {_json(name)}: {{\n" + ",\n".join(inner) + "\n }")
    lines.append(",\n".join(parts))
    lines.append("}}")
    return "\n".join(lines) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
