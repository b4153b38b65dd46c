"""The manifest: what a store's study is, how it was run, and everything that did not go by the book."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.store import Store
from experiments.tables.table import Table
from instances.files.replacing import replacing

__all__ = ["manifest_of", "unexplained_lines", "warned", "write_manifest"]

_SHOWN = 20


def manifest_of(store: Store, study: str | None = None) -> dict[str, Any]:
    """Return the manifest of a study, by default the latest that ran, as plain data.

    ``deviations`` lists runs that were ``forced`` onto too few cores or ``interrupted``, endings that were
    ``retried``, and trials that were ``killed`` at a limit, whose plan was ``recovered``, that are ``wrong`` or
    ``unexplained``, or whose method ``declined``; ``missing`` are trials without a record.
    """
    identity, document = store.study(study)
    entries = {entry.trial: entry for entry in store.entries(identity)}
    rows = {row["id"]: row for row in store.trials() if row["id"] in entries}
    runs = [row for row in store.rows("run") if row["study"] == identity]

    def named(trial: str, **more: Any) -> dict[str, Any]:
        entry = entries[trial]
        return {"trial": trial, "instance": entry.label, "method": entry.title, "repetition": entry.repetition, **more}

    def listed(chosen: Any, *columns: str) -> list[dict[str, Any]]:
        return [
            named(one, **{name: rows[one][name] for name in columns})
            for one in entries
            if one in rows and chosen(rows[one])
        ]

    asked = [{"began": row["began"], "ended": row["ended"], **json.loads(row["document"])} for row in runs]
    return {
        "study": {"id": identity, **document},
        "trials": len(entries),
        "recorded": len(rows),
        "terminations": dict(sorted(Counter(row["termination"] for row in rows.values()).items())),
        "verdicts": dict(sorted(Counter(row["verdict"] for row in rows.values()).items())),
        "deviations": {
            "forced": [run for run in asked if run.get("force")],
            "interrupted": [run for run in asked if run["ended"] is None],
            "retried": [
                named(row["trial"], termination=row["termination"], reason=row["reason"], finished=row["finished"])
                for row in store.rows("retried")
                if row["trial"] in entries
            ],
            "killed": listed(lambda row: row["killed"], "termination", "reason"),
            "recovered": listed(lambda row: row["recovered"], "termination", "reason"),
            "wrong": listed(lambda row: row["verdict"] == "wrong", "reason"),
            "unexplained": [named(trial, what=what) for trial, what in store.unexplained(identity).items()],
            "declined": listed(lambda row: row["termination"] in ("unsupported", "unavailable"), "reason"),
            "missing": [named(trial) for trial in entries if trial not in rows],
        },
        "runs": sorted(asked, key=lambda run: run["began"]),
        "environments": {
            key: facts
            for key, facts in store.environments().items()
            if key in {row["environment"] for row in (*runs, *rows.values())}
        },
    }


def write_manifest(store: Store, path: Path, study: str | None = None) -> Path:
    """Write the manifest as JSON and return its path."""
    text = json.dumps(manifest_of(store, study), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode())
    return path


def unexplained_lines(store: Store, study: str | None = None) -> list[str]:
    """Return a line for each trial that nobody can account for; they stand on top of every report."""
    identity, _ = store.study(study)
    found = store.unexplained(identity)
    entries = {entry.trial: entry for entry in store.entries(identity) if entry.trial in found} if found else {}
    return [
        f"{entries[trial].label} · {entries[trial].title} ({trial[:12]}): {(what or 'crashed').strip().splitlines()[0]}"
        for trial, what in found.items()
    ]


def warned(tables: Sequence[Table], lines: Sequence[str]) -> list[Table]:
    """Return `tables` with what nobody can account for on top of each."""
    if not lines:
        return list(tables)
    mark = f"{len(lines)} unexplained {'outcome' if len(lines) == 1 else 'outcomes'}"
    notes = tuple(f"Unexplained: {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        notes += (f"Unexplained: {len(lines) - _SHOWN} more, see the manifest.",)
    return [replace(one, caption=f"[{mark}] {one.caption}".strip(), notes=(*notes, *one.notes)) for one in tables]
