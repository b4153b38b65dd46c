"""CSV: the numbers of a table, unrounded, and a code where there is none."""

from __future__ import annotations

import csv
import io

from experiments.tables.table import Table

__all__ = ["render_csv"]


def render_csv(table: Table) -> str:
    """Return `table` as CSV with one header line; numbers as Python prints them in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([table.corner, *(" ".join(filter(None, (c.group, c.heading))) for c in table.columns)])
    for row in (*table.rows, *table.footer):
        writer.writerow([row.heading, *(repr(c.value) if c.value is not None else c.text for c in row.cells)])
    return out.getvalue()
