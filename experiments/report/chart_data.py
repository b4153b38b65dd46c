"""What the interactive figures draw: the data of the study's own figures, and cells of its tables."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.figures.anytime import anytime_data
from experiments.figures.draw import draw_figures
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

    Returns
    -------
    dict
        ``methods``: rows [title, colour, dashes]; ``instances``: labels; ``gap``: rows [method, instance, per cent,
        code]; ``anytime``: one a curve, with ``method, instance, to, limit`` and ``points`` [seconds, gap in per cent];
        ``effort``: rows [method, instance, seconds, gap in per cent]. Methods and instances are indices.
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
        "anytime": _curves(anytime_data(store, frame), method_at, label_at),
        "effort": _effort(frame),
    }


def _style(index: int) -> tuple[str, str]:
    colour, line, _ = style_of(index)
    dashes = "" if isinstance(line, str) else " ".join(str(2 * step) for step in line[1])
    return colour, dashes


def _curves(data: pd.DataFrame, method_at: dict[Any, int], label_at: dict[Any, int]) -> list[dict[str, Any]]:
    curves = []
    for (label, method), part in data.groupby(["instance", "method"], sort=False):
        step = max(1, -(-len(part) // _MOST_POINTS))
        kept = part.iloc[sorted({*range(0, len(part), step), len(part) - 1})]
        curves.append(
            {
                "method": method_at[method],
                "instance": label_at[label],
                "to": str(part["reference"].iloc[0]),
                "limit": short(float(part["limit_s"].iloc[0])),
                "points": [
                    [short(float(at), 4), short(float(gap), 4)]
                    for at, gap in zip(kept["seconds"], kept["gap_percent"], strict=True)
                ],
            }
        )
    return curves


def _effort(frame: pd.DataFrame) -> list[list[Any]]:
    """Return time and gap of each method on each instance, as the cells of the tables have them."""
    seconds, gap = metric_table(frame, "seconds", ""), metric_table(frame, "gap", "")
    return [
        [row, column, short(time.value, 4), short(distance.value, 5)]
        for row, (times, distances) in enumerate(zip(seconds.rows, gap.rows, strict=True))
        for column, (time, distance) in enumerate(zip(times.cells, distances.cells, strict=True))
        if time.value is not None and distance.value is not None
    ]


def drawn_figures(store: Store, frame: pd.DataFrame, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return name and data address of the study's figures that have no interactive twin here."""
    others = [name for name in names if name not in _INTERACTIVE]
    found = []
    with tempfile.TemporaryDirectory(prefix="tiercut-") as folder:
        for path in draw_figures(store, frame, Path(folder), others) if others else []:
            if path.suffix == ".png":
                code = base64.b64encode(path.read_bytes()).decode("ascii")
                found.append((path.stem, f"data:image/png;base64,{code}"))
    return found
