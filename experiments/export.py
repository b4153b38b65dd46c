"""Export: tables, figures, numbers and the map of their sources, from a store into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from experiments.manifest import unexplained_lines, warned
from experiments.store import Store
from experiments.study import FIGURES, Study, study_of
from experiments.tables.catalogue import STANDARD, TABLES, make_tables, needs_traces
from experiments.tables.csv import render_csv
from experiments.tables.frame import frame_of
from experiments.tables.latex import render_latex
from experiments.tables.markdown import render_markdown
from experiments.tables.numbers import render_numbers
from experiments.tables.sources import render_sources
from experiments.tables.table import Table
from instances.files.replacing import replacing

__all__ = ["Export", "check_shown", "export_store", "stored_study", "tables_of", "write_text"]

_TRACES = ["incumbents", "bounds"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Export:
    """What was written, and what it was made of: a row a trial in `frame`, without traces, and the tables."""

    written: tuple[Path, ...]
    frame: pd.DataFrame
    tables: tuple[Table, ...]


def check_shown(tables: Sequence[str], metrics: Sequence[str], figures: Sequence[str]) -> None:
    """Raise InputError where there is no table, metric or figure of a name; ``["all"]`` stands for every figure."""
    needs_traces(tables, metrics)
    if not set(figures) <= set(FIGURES):  # to ask further takes loading what draws
        from experiments.figures.draw import check_figures

        check_figures(figures)


def stored_study(store: Store, identity: str | None = None) -> Study:
    """Return a study as the store keeps it, by default the latest that ran."""
    return study_of(store.study(identity)[1], where=str(store.path))


def tables_of(
    store: Store,
    identity: str | None = None,
    *,
    names: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
) -> tuple[pd.DataFrame, list[Table]]:
    """Return the frame and the tables of a study.

    Parameters
    ----------
    store : Store
        Where the records are.
    identity : str, optional
        The study; by default the latest that ran.
    names, metrics : sequence of str, optional
        Tables (or metrics that get a table of their own), and the metrics that overview, families and instances show;
        by default the standard ones and those that the study names.

    Returns
    -------
    frame : pandas.DataFrame
        One row a trial, without traces.
    tables : list of Table
        In the order of `names`.
    """
    frame, tables = _made(store, identity, names, metrics)
    return frame.drop(columns=_TRACES, errors="ignore"), tables


def _made(
    store: Store,
    identity: str | None,
    names: Sequence[str] | None,
    metrics: Sequence[str] | None,
    *,
    traces: bool = False,
) -> tuple[pd.DataFrame, list[Table]]:
    study = stored_study(store, identity)
    chosen = (*STANDARD, *study.tables) if names is None else tuple(names)
    shown = study.metrics if metrics is None else tuple(metrics)
    frame = frame_of(store, identity, traces=traces or needs_traces(chosen, shown))
    tables = make_tables(store, frame, study.title or study.name, chosen, shown)
    return frame, warned(tables, unexplained_lines(store, identity))


def export_store(
    store: Store,
    folder: str | Path,
    identity: str | None = None,
    *,
    tables: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    figures: Sequence[str] | None = None,
    pictures: bool = True,
) -> Export:
    """Write tables (CSV, Markdown, LaTeX), ``trials.csv``, ``numbers.tex``, ``sources.json`` and figures into `folder`.

    The same store gives the same bytes.

    Parameters
    ----------
    store : Store
        Where the records are.
    folder : str or Path
        Made where it does not exist.
    identity : str, optional
        The study; by default the latest that ran.
    tables, metrics, figures : sequence of str, optional
        By name; by default the standard ones with what the study names. ``["all"]`` for all tables or figures.
    pictures : bool, default True
        Draw the figures; otherwise only their data is written.

    Returns
    -------
    Export
        What was written, with the frame and the tables.

    Raises
    ------
    InputError
        If there is no table, metric or figure of a name; nothing is written then.
    """
    target = Path(folder)
    study = stored_study(store, identity)
    names = (*TABLES, *study.tables) if tables is not None and list(tables) == ["all"] else tables
    drawn = study.figures if figures is None else tuple(figures)
    check_shown((), (), drawn)
    frame, made = _made(store, identity, names, metrics, traces=bool(drawn))
    written = []
    for table in made:
        for ending, render in (("csv", render_csv), ("md", render_markdown), ("tex", render_latex)):
            written.append(write_text(target / f"{table.name}.{ending}", render(table)))
    trials = frame.drop(columns=_TRACES, errors="ignore")
    written.append(write_text(target / "trials.csv", trials.to_csv(index=False, lineterminator="\n")))
    written.append(write_text(target / "numbers.tex", render_numbers(frame, made)))
    written.append(write_text(target / "sources.json", render_sources(made)))
    if drawn:
        from experiments.figures.draw import draw_figures

        written += draw_figures(store, frame, target, drawn, pictures=pictures)
    return Export(written=tuple(written), frame=trials, tables=tuple(made))


def write_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8, whole or not at all, and return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode())
    return path
