"""The table per instance: every method on every instance, over as many pages as it takes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from experiments.metrics.metric import metric
from experiments.tables.cells import collapsed, medians, notes_of
from experiments.tables.table import Cell, Column, Row, Table, decimals_for, number_text, ranked

__all__ = ["instances_table"]

_SHOWN = ("value", "bound", "gap", "seconds")


def instances_table(frame: pd.DataFrame, caption: str, metrics: Sequence[str] = ()) -> Table:
    """Return one group of rows an instance, one row a method, ranked within the instance."""
    names = dict.fromkeys(["value", *metrics]) if metrics else _SHOWN
    chosen = [one for one in map(metric, names) if not one.traces or "incumbents" in frame]
    keys = ["label", "title"]
    facts = collapsed(frame, keys)
    numbers = [medians(frame, keys, one).reindex(facts.index).tolist() for one in chosen]
    labels = [str(label) for label, _ in facts.index]
    titles = [str(title) for _, title in facts.index]
    wrong, proven = facts["wrong"].tolist(), facts["proven"].tolist()
    trials, codes = facts["trials"].tolist(), facts["code"].tolist()
    places: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        places.setdefault(label, []).append(index)
    rows: list[Row] = []
    used: set[str] = set()
    for label, mine in places.items():
        columns = []
        for one, values in zip(chosen, numbers, strict=True):
            present = [values[i] for i in mine if values[i] == values[i] and not wrong[i]]
            decimals = decimals_for(present, one.digits, fixed=one.fixed)
            cells = []
            for i in mine:
                if wrong[i]:
                    cells.append(Cell(text="WR", code=True, trials=trials[i]))
                elif values[i] == values[i]:
                    star = one.name == "value" and proven[i]
                    text = number_text(values[i], decimals)
                    cells.append(Cell(value=values[i], text=text, star=star, trials=trials[i]))
                else:
                    code = codes[i] if one.name == "value" else ""
                    cells.append(Cell(text=code or "–", code=bool(code), trials=trials[i]))
            used |= {c.text for c in cells if c.code}
            columns.append(ranked(cells, one.direction))
        rows += [
            Row(heading=titles[i], group=label, cells=tuple(column[at] for column in columns))
            for at, i in enumerate(mine)
        ]
    return Table(
        name="instances",
        caption=f"{caption}: every instance" if caption else "Every instance",
        corner="method",
        group_title="instance",
        columns=tuple(Column(group="", title=m.title, unit=m.unit, direction=m.direction) for m in chosen),
        rows=tuple(rows),
        notes=notes_of(frame, used, chosen, any(c.star for row in rows for c in row.cells)),
        long=True,
    )
