"""Method cards: what ran, in which version, with which parameters, and whose idea it is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.settings import setting_text
from experiments.store import Store
from experiments.tables.cells import word_cell
from experiments.tables.table import Column, Row, Table
from solvers.cards import card_of

__all__ = ["methods_table"]


def methods_table(store: Store, frame: pd.DataFrame, caption: str) -> Table:
    """Return one card a method, from the records; citations of the workbench's own methods from its registry.

    Methods of plugins have no citation here: no file of a user is run to make a table.
    """
    identities: dict[str, dict[str, Any]] = {}
    environments: set[str] = set()
    titles = dict(zip(frame["trial"], frame["title"], strict=True))
    for row in store.trials(("id", "identity", "environment")):
        title = titles.get(row["id"])
        if title is not None:
            identities.setdefault(title, row["identity"])
            environments.add(row["environment"])
    rows = []
    for title, part in frame.groupby("title", sort=False):
        trials = tuple(part["trial"])
        method = str(part["method"].iloc[0])
        identity = identities.get(str(title))
        params = "–" if identity is None else _parameters(identity["params"])
        version = "not run" if identity is None else str(identity["version"])
        kind, citation = _card(method)
        texts = (f"{method}, {kind}", version, params, citation)
        rows.append(Row(heading=str(title), cells=tuple(word_cell(text, trials) for text in texts)))
    return Table(
        name="methods",
        caption=f"{caption}: methods" if caption else "Methods",
        corner="as called here",
        columns=(
            Column(group="", title="method, kind", share=0.15),
            Column(group="", title="version", share=0.15),
            Column(group="", title="parameters", share=0.18),
            Column(group="", title="source", share=0.20),
        ),
        rows=tuple(rows),
        notes=("Version: a hash of the source that the method runs on.", *_software(store, environments)),
        long=True,
    )


def _parameters(params: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {setting_text(value)}" for name, value in params.items()) or "none"


def _card(method: str) -> tuple[str, str]:
    card = card_of(method)
    return ("plugin", "–") if card is None else (card.kind, card.citation or "–")


def _software(store: Store, used: set[str]) -> list[str]:
    known = store.environments()
    lines = set()
    for identity in used & known.keys():
        facts = known[identity]
        packages = ", ".join(f"{n} {v}" for n, v in facts.get("packages", {}).items() if v != "absent")
        lines.add(f"Run with {facts.get('python', 'Python')}; {packages}.")
    return sorted(lines)
