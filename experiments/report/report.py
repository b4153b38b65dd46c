"""Write a report: everything about a study in one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from experiments.export import stored_study, tables_of, write_text
from experiments.report.chart_data import chart_data, drawn_figures
from experiments.report.instance_pages import instance_pages
from experiments.report.method_cards import method_cards
from experiments.report.overview import overview_of
from experiments.store import Store
from experiments.tables.frame import frame_of

__all__ = ["render_report", "write_report"]

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(store: Store, path: str | Path, identity: str | None = None) -> Path:
    """Write the report of a study as one HTML file and return its path.

    Parameters
    ----------
    store : Store
        Where the records are; nothing is solved.
    path : str or Path
        The file; replaced where it exists.
    identity : str, optional
        The study; by default the latest that ran.

    Raises
    ------
    InputError
        If there is no such study, or the file cannot be written.
    """
    return write_text(Path(path), render_report(store, identity))


def render_report(store: Store, identity: str | None = None) -> str:
    """Return the report of a study as HTML. The same store gives the same text.

    Everything that comes out of the store is escaped, the page's policy allows its own script alone, and nothing is
    loaded from anywhere.
    """
    found, _ = store.study(identity)
    study = stored_study(store, identity)
    _, tables = tables_of(store, identity)
    frame = frame_of(store, identity, traces=True)
    rows = {row["id"]: row for row in store.trials()}
    ended = pd.DataFrame(
        [(t, rows[t]["environment"], rows[t]["finished"]) for t in dict.fromkeys(frame["trial"]) if t in rows],
        columns=["trial", "environment", "finished"],
    ).set_index("trial")
    identities = {trial: rows[trial]["identity"] for trial in ended.index}
    pages = instance_pages(store, frame, identities)
    cards = method_cards(
        (str(title), str(method), identities.get(trial))
        for title, method, trial in zip(frame["title"], frame["method"], frame["trial"], strict=True)
    )
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        title=study.title or study.name,
        study=study,
        overview=overview_of(study, found, frame, ended, store.environments(), store.unexplained(found)),
        tables=tables,
        pages=pages,
        cards=cards,
        figures=drawn_figures(store, frame),
        data=embedded({"charts": chart_data(store, frame), "pages": [page.picture for page in pages]}),
        # read from the package, not from the store
        style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
    )


def embedded(value: Any) -> Markup:
    """Return `value` as JSON that may stand inside a script element: no character of it can end the element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
