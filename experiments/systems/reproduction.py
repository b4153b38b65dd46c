"""Reproduction: measure a system, check its claims, keep table, figure and verdicts."""

from __future__ import annotations

import math
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.plain import plain
from experiments.systems.bench import Bench
from experiments.systems.claim import Checked, Claim, Verdict, checked
from experiments.systems.system import Measured, System
from instances.errors import InputError
from instances.files.replacing import replacing

__all__ = ["Reproduction", "cell_text", "reproduce", "table_as_markdown", "write_reproduction"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reproduction:
    """What came out; `error` is the traceback of a crash, after which nothing is claimed."""

    system: System
    measured: Measured | None
    claims: tuple[Checked, ...]
    seconds: float
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether it crashed, left a claim without a verdict, or refutes a theorem."""
        complete = {one.claim.name for one in self.claims} == {claim.name for claim in self.system.claims}
        return bool(self.error) or not complete or any(one.failed for one in self.claims)

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        found = Counter(str(one.verdict) for one in self.claims)
        return {str(verdict): found[str(verdict)] for verdict in Verdict}

    @property
    def further(self) -> Mapping[str, pd.DataFrame]:
        """Tables beside the first, by their words."""
        return {} if self.measured is None else self.measured.further

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "number": self.system.number,
            "name": self.system.name,
            "title": self.system.title,
            "family": self.system.family,
            "citation": self.system.citation,
            "reconstruction": list(self.system.reconstruction),
            "seconds": self.seconds,
            "failed": self.failed,
            "error": self.error,
            "claims": [
                {
                    "name": one.claim.name,
                    "text": one.claim.text,
                    "kind": one.claim.kind,
                    "source": one.claim.source,
                    "verdict": str(one.verdict),
                    "evidence": one.evidence,
                }
                for one in self.claims
            ],
            "table": [] if self.measured is None else _records(self.measured.table),
            "further": {word: _records(table) for word, table in self.further.items()},
        }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain data; a number that is missing or not finite is null, so that a column keeps its type."""
    rows = table.to_dict(orient="records")
    return [
        {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else plain(value)
            for name, value in row.items()
        }
        for row in rows
    ]


def reproduce(one: System, bench: Bench | None = None) -> Reproduction:
    """Run the scenario of a system and check every claim; a crash is kept, not raised.

    Raises
    ------
    InputError
        If a file of the bench's data cannot be read.
    """
    began = time.perf_counter()
    measured: Measured | None = None
    verdicts: list[Checked] = []
    error = ""
    try:
        measured = one.cls().measure(bench or Bench())
        verdicts += [_checked(claim, measured) for claim in one.claims]
    except InputError:  # the user's data is at fault, not the system
        raise
    except Exception:
        error = traceback.format_exc()
    seconds = time.perf_counter() - began
    return Reproduction(system=one, measured=measured, claims=tuple(verdicts), seconds=seconds, error=error)


def _checked(claim: Claim, measured: Measured) -> Checked:
    found = checked(claim, measured.facts)
    if not found.evidence:
        raise ValueError(f"claim {claim.name}: a verdict needs its evidence")
    return found


def write_reproduction(found: Reproduction, folder: Path) -> list[Path]:
    """Write tables (CSV, Markdown), verdicts (JSON) and figure (PDF, PNG), each file whole or not at all."""
    import msgspec

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    texts = {f"{found.system.name}.json": msgspec.json.format(msgspec.json.encode(found.as_dict())).decode() + "\n"}
    if found.measured is not None:
        for stem, table in {
            "": found.measured.table,
            **{f"-{word}": one for word, one in found.further.items()},
        }.items():
            texts[f"{found.system.name}{stem}.csv"] = table.to_csv(index=False, lineterminator="\n")
        texts[f"{found.system.name}.md"] = _markdown(found)
    for name, text in texts.items():
        with replacing(folder / name) as file:
            file.write(text.encode())
        written.append(folder / name)
    if found.measured is not None and found.measured.draw is not None:
        written += _drawn(found.measured, folder / found.system.name)
    return written


def _drawn(measured: Measured, stem: Path) -> list[Path]:
    from matplotlib.figure import Figure

    from experiments.figures.style import look, save

    with look():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        if measured.draw is not None:
            measured.draw(figure)
        return save(figure, stem)


def _markdown(found: Reproduction) -> str:
    lines = [f"# {found.system.title}", "", found.system.citation, ""]
    if found.system.reconstruction:
        lines += ["Our reconstruction:", "", *(f"- {part}" for part in found.system.reconstruction), ""]
    if found.measured is not None:
        lines += [table_as_markdown(found.measured.table), ""]
    for word, table in found.further.items():
        lines += [f"{word}:", "", table_as_markdown(table), ""]
    lines += ["| claim | kind | says | verdict | evidence |", "| :--- | :--- | :--- | :--- | :--- |"]
    lines += [
        f"| {one.claim.text} | {one.claim.kind} | {one.claim.source} | {one.verdict} | {one.evidence} |"
        for one in found.claims
    ]
    return "\n".join(lines) + "\n"


def table_as_markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown, numbers to four significant digits."""
    numeric = [pd.api.types.is_numeric_dtype(table[name]) for name in table]
    lines = [
        f"| {' | '.join(str(name) for name in table)} |",
        f"| {' | '.join('---:' if number else ':---' for number in numeric)} |",
    ]
    lines += [f"| {' | '.join(cell_text(value) for value in row)} |" for row in table.itertuples(index=False)]
    return "\n".join(lines)


def cell_text(value: Any) -> str:
    """Return a cell as text: numbers to four significant digits, nothing for what is missing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
