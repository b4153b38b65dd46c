"""CSV: the numbers of a table, unrounded, and a code where there is none."""

from __future__ import annotations

import csv
import io

from experiments.tables.table import Table

__all__ = ["render_csv"]


def render_csv(table: Table) -> str:
    """Return `table` as CSV with one header line; numbers as Python prints them in full.

    Groups of rows have a column of their own, before the headings.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    corner = [table.group_title, table.corner] if table.group_title else [table.corner]
    writer.writerow([*corner, *(" ".join(filter(None, (c.group, c.heading))) for c in table.columns)])
    for row in (*table.rows, *table.footer):
        heading = [row.group, row.heading] if table.group_title else [row.heading]
        writer.writerow([*heading, *(repr(c.value) if c.value is not None else c.text for c in row.cells)])
    return out.getvalue()
