"""Figures of a study, by name: each is drawn as PDF and PNG with its data as CSV beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from experiments.figures.anytime import anytime_data, anytime_figure
from experiments.figures.gap import gap_data, gap_figure
from experiments.figures.style import look, save
from experiments.store import Store
from instances.errors import InputError
from instances.files.replacing import replacing

__all__ = ["FIGURES", "draw_figures"]

Data = Callable[[Store, pd.DataFrame], pd.DataFrame]
Draw = Callable[[pd.DataFrame], Figure]

FIGURES: dict[str, tuple[Data, Draw]] = {
    "gap": (gap_data, gap_figure),
    "anytime": (anytime_data, anytime_figure),
}
"""Name of a figure: what it shows of a store, and how it is drawn from that alone."""


def draw_figures(store: Store, frame: pd.DataFrame, folder: Path, names: Sequence[str]) -> list[Path]:
    """Draw the named figures into `folder` and return what was written; a figure without data is left out."""
    written = []
    for name in FIGURES if list(names) == ["all"] else names:
        if name not in FIGURES:
            raise InputError("figures", f"must be of {', '.join(FIGURES)}", name)
        collect, draw = FIGURES[name]
        data = collect(store, frame)
        path = folder / f"{name}.csv"
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data.to_csv(index=False, lineterminator="\n").encode())
        written.append(path)
        if len(data):
            with look():
                written += save(draw(data), folder / name)
    return written
