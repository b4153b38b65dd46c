"""What the interactive figures draw: the data of the study's own figures, and cells of its tables."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.figures.anytime import anytime_data
from experiments.figures.draw import FIGURES, draw_figures
from experiments.figures.gap import gap_data
from experiments.figures.style import PALETTE, style_of
from experiments.report.plain_numbers import short
from experiments.store import Store
from experiments.tables.summary import metric_table

__all__ = ["chart_data", "drawn_figures"]

_INTERACTIVE = ("gap", "anytime")
_MOST_POINTS = 160


def chart_data(store: Store, frame: pd.DataFrame) -> dict[str, Any]:
    """Return the data of the interactive figures.

    Parameters
    ----------
    store : Store
        Where the records are.
    frame : pandas.DataFrame
        From `experiments.tables.frame`, with the traces.

    Returns
    -------
    dict
        ``palette``: colours of instances; ``methods``: rows [title, colour, dashes]; ``instances``: labels; ``gap``: rows
        [method, instance, per cent, code]; ``anytime``: one a panel, with ``panel, to`` and ``curves``, one a method with
        ``method, limit`` and ``points`` [seconds, gap in per cent]; ``effort``: rows [method, instance, seconds, gap in
        per cent]. Methods and instances are indices.
    """
    titles, labels = list(dict.fromkeys(frame["title"])), list(dict.fromkeys(frame["label"]))
    method_at, label_at = ({name: i for i, name in enumerate(names)} for names in (titles, labels))
    gaps = gap_data(store, frame)
    return {
        "methods": [[title, *_style(index)] for index, title in enumerate(titles)],
        "palette": list(PALETTE),
        "instances": labels,
        "gap": [
            [method_at[method], label_at[label], short(float(gap), 5), str(code)]
            for method, label, gap, code in zip(
                gaps["method"], gaps["instance"], gaps["gap_percent"], gaps["code"], strict=True
            )
        ],
        "anytime": [
            {
                "panel": str(panel),
                "to": str(part["reference"].iloc[0]),
                "curves": [_curve(mine, method_at[method]) for method, mine in part.groupby("method", sort=False)],
            }
            for panel, part in anytime_data(store, frame).groupby("panel", sort=False)
        ],
        "effort": _effort(frame, method_at),
    }


def _style(index: int) -> tuple[str, str]:
    colour, line, _ = style_of(index)
    dashes = "" if isinstance(line, str) else " ".join(str(2 * step) for step in line[1])
    return colour, dashes


def _curve(part: pd.DataFrame, method: int) -> dict[str, Any]:
    step = max(1, -(-len(part) // _MOST_POINTS))
    kept = part.iloc[sorted({*range(0, len(part), step), len(part) - 1})]
    return {
        "method": method,
        "limit": short(float(part["limit_s"].max())),
        "points": [
            [short(float(at), 4), short(float(gap), 4)]
            for at, gap in zip(kept["seconds"], kept["gap_percent"], strict=True)
        ],
    }


def _effort(frame: pd.DataFrame, method_at: dict[Any, int]) -> list[list[Any]]:
    """Return time and gap of each method on each instance, as the cells of the tables have them."""
    found = []
    for index, (_, part) in enumerate(frame.groupby("label", sort=False)):
        times, gaps = metric_table(part, "seconds", ""), metric_table(part, "gap", "")
        for time, gap in zip(times.rows, gaps.rows, strict=True):
            if time.cells[0].value is not None and gap.cells[0].value is not None:
                pair = short(time.cells[0].value, 4), short(gap.cells[0].value, 5)
                found.append([method_at[time.heading], index, *pair])
    return found


def drawn_figures(store: Store, frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return name and data address of the figures that have no interactive twin here; `frame` has the traces."""
    found = []
    with tempfile.TemporaryDirectory(prefix="tiercut-") as folder:
        for path in draw_figures(store, frame, Path(folder), [name for name in FIGURES if name not in _INTERACTIVE]):
            if path.suffix == ".png":
                code = base64.b64encode(path.read_bytes()).decode("ascii")
                found.append((path.stem, f"data:image/png;base64,{code}"))
    return found
