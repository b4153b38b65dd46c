r"""Numbers for prose: one LaTeX macro a statistic, so that no number of a paper is typed by hand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pandas as pd

from experiments.tables.latex import latex_text
from experiments.tables.table import Table

__all__ = ["macro_name", "render_numbers"]

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_PREFIX = "tc"
_TABLES = ("overview", "coverage", "significance", "families")


def render_numbers(frame: pd.DataFrame, tables: Sequence[Table]) -> str:
    r"""Return macros of the study's sizes and of every cell of the tables that go over instances.

    ``\tcOverviewGreedyMeanGap`` is the mean gap of ``greedy`` as the overview prints it. A comment behind each macro
    says which cell it is.
    """
    lines = ["% numbers of this study for prose: \\input{numbers}, then for example \\tcTrials"]
    taken: set[str] = set()

    def add(words: Sequence[str], text: str, source: str) -> None:
        name = macro_name(words)
        number = 0
        while name in taken:  # two cells whose names differ in signs alone
            number += 1
            name = macro_name([*words, str(number)])
        taken.add(name)
        lines.append(f"\\newcommand{{\\{name}}}{{{text}}}% {source}")

    add(["trials"], str(frame["trial"].nunique()), "trials of the study")
    add(["instances"], str(frame["label"].nunique()), "instances")
    add(["methods"], str(frame["title"].nunique()), "methods")
    add(["repetitions"], str(frame["repetition"].nunique()), "repetitions")
    add(["wrong"], str(int((frame["code"] == "WR").sum())), "trials that the referee refutes")
    add(["crashed"], str(int((frame["termination"] == "crashed").sum())), "trials that crashed")
    for table in tables:
        if table.name not in _TABLES:
            continue
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if cell.value is None or not cell.text:
                    continue
                words = [table.name, row.heading, column.group, column.title]
                source = " / ".join(filter(None, (table.name, row.heading, column.group, column.heading)))
                add(words, latex_text(cell.text), source.replace("\n", " "))
    return "\n".join(lines) + "\n"


def macro_name(words: Sequence[str]) -> str:
    r"""Return a control word of ASCII letters alone, digits as words.

    Examples
    --------
    >>> macro_name(["overview", "spso-ga 10", "mean gap"])
    'tcOverviewSpsoGaOneZeroMeanGap'
    """
    parts = []
    for word in words:
        plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
        for piece in re.findall(r"[A-Za-z]+|[0-9]", plain):
            parts.append(_DIGITS[int(piece)] if piece.isdigit() else piece[0].upper() + piece[1:])
    return _PREFIX + "".join(parts)
