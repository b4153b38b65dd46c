"""Figures of a study, by name: each is drawn as PDF and PNG with its data as CSV beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from experiments.figures.anytime import anytime_data, anytime_figure
from experiments.figures.critical_difference import critical_difference_data, critical_difference_figure
from experiments.figures.gap import gap_data, gap_figure
from experiments.figures.profiles import (
    gap_profile_data,
    gap_profile_figure,
    performance_profile_data,
    performance_profile_figure,
    time_profile_data,
    time_profile_figure,
)
from experiments.figures.scaling import scaling_data, scaling_figure
from experiments.figures.style import look, save
from experiments.store import Store
from instances.errors import InputError
from instances.files.replacing import replacing

__all__ = ["FIGURES", "check_figures", "draw_figures"]

Data = Callable[[Store, pd.DataFrame], pd.DataFrame]
Draw = Callable[[pd.DataFrame], Figure]

FIGURES: dict[str, tuple[Data, Draw]] = {
    "gap": (gap_data, gap_figure),
    "anytime": (anytime_data, anytime_figure),
    "gap-profile": (gap_profile_data, gap_profile_figure),
    "performance-profile": (performance_profile_data, performance_profile_figure),
    "time-profile": (time_profile_data, time_profile_figure),
    "scaling": (scaling_data, scaling_figure),
    "critical-difference": (critical_difference_data, critical_difference_figure),
}
"""Name of a figure: what it shows of a store, and how it is drawn from that alone."""


def check_figures(names: Sequence[str]) -> None:
    """Raise InputError where there is no figure of a name."""
    for name in names:
        if name not in FIGURES and list(names) != ["all"]:
            raise InputError("figures", f"must be of {', '.join(FIGURES)}", name)


def draw_figures(
    store: Store, frame: pd.DataFrame, folder: Path, names: Sequence[str], *, pictures: bool = True
) -> list[Path]:
    """Draw the named figures into `folder` and return what was written; a figure without data is left out.

    `frame` has the traces; ``["all"]`` stands for every figure. Without `pictures` only their data is written.

    Raises
    ------
    InputError
        If there is no figure of a name.
    """
    check_figures(names)
    written = []
    for name in FIGURES if list(names) == ["all"] else names:
        collect, draw = FIGURES[name]
        data = collect(store, frame)
        if data.empty:
            continue
        data.attrs["methods"] = list(dict.fromkeys(frame["title"]))
        path = folder / f"{name}.csv"
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data.to_csv(index=False, lineterminator="\n").encode())
        written.append(path)
        if not pictures:
            continue
        with look():
            written += save(draw(data), folder / name)
    return written
