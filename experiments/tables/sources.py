"""Sources: from each cell of each table to the trials that it was computed from."""

from __future__ import annotations

import json
from collections.abc import Sequence

from experiments.tables.table import Table

__all__ = ["render_sources"]


def render_sources(tables: Sequence[Table]) -> str:
    """Return the map table -> row -> column -> trial identities as JSON."""
    found = {
        table.name: {
            row.heading: {
                " ".join(filter(None, (column.group, column.title))): list(cell.trials)
                for column, cell in zip(table.columns, row.cells, strict=True)
                if cell.trials
            }
            for row in table.rows
        }
        for table in tables
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
