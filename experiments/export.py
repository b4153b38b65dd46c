"""Export: tables, figures and the map of their sources, from a store into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from experiments.manifest import unexplained_lines
from experiments.store import Store
from experiments.study import Study, study_of
from experiments.tables.csv import render_csv
from experiments.tables.frame import frame_of
from experiments.tables.latex import render_latex
from experiments.tables.markdown import render_markdown
from experiments.tables.sources import render_sources
from experiments.tables.summary import study_tables
from experiments.tables.table import Table
from instances.files.replacing import replacing

__all__ = ["export_store", "stored_study", "tables_of", "write_text"]

_SHOWN = 20


def stored_study(store: Store, identity: str | None = None) -> Study:
    """Return a study as the store keeps it, by default the latest that ran."""
    return study_of(store.study(identity)[1], where=str(store.path))


def tables_of(store: Store, identity: str | None = None) -> tuple[pd.DataFrame, list[Table]]:
    """Return the frame and the tables of a study; what nobody can account for stands on top of each."""
    study = stored_study(store, identity)
    frame = frame_of(store, identity)
    tables = study_tables(frame, study.title or study.name, study.tables)
    return frame, _warned(tables, unexplained_lines(store, identity))


def _warned(tables: Sequence[Table], lines: Sequence[str]) -> list[Table]:
    if not lines:
        return list(tables)
    mark = f"{len(lines)} unexplained {'outcome' if len(lines) == 1 else 'outcomes'}"
    notes = tuple(f"Unexplained: {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        notes += (f"Unexplained: {len(lines) - _SHOWN} more, see the manifest.",)
    return [replace(one, caption=f"[{mark}] {one.caption}".strip(), notes=(*notes, *one.notes)) for one in tables]


def export_store(store: Store, folder: str | Path, identity: str | None = None) -> list[Path]:
    """Write every table (CSV, Markdown, LaTeX), ``trials.csv``, ``sources.json`` and the figures into `folder`.

    The same store gives the same bytes.

    Parameters
    ----------
    store : Store
        Where the records are.
    folder : str or Path
        Made where it does not exist.
    identity : str, optional
        The study; by default the latest that ran.

    Returns
    -------
    list of Path
        What was written.
    """
    target = Path(folder)
    study = stored_study(store, identity)
    frame, tables = tables_of(store, identity)
    written = []
    for table in tables:
        for ending, render in (("csv", render_csv), ("md", render_markdown), ("tex", render_latex)):
            written.append(write_text(target / f"{table.name}.{ending}", render(table)))
    written.append(write_text(target / "trials.csv", frame.to_csv(index=False, lineterminator="\n")))
    written.append(write_text(target / "sources.json", render_sources(tables)))
    if study.figures:
        from experiments.figures.draw import draw_figures

        written += draw_figures(store, frame, target, study.figures)
    return written


def write_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8, whole or not at all, and return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode())
    return path
