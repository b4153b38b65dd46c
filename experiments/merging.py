"""Merge: the stores of shards or machines become one; records that contradict each other are refused."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.plain import canonical
from experiments.store import Store
from experiments.store_schema import TABLES
from instances.errors import InputError

__all__ = ["content_of", "merge_stores"]

_TIMES_AND_HOST = frozenset({"seconds", "wall_seconds", "peak_bytes", "environment", "finished"})
_BATCH = 2000


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a trial's row says but for times and facts about the host: what a rerun must give again.

    Of the trace the values stay, of the method's own counts those that are no seconds, and of a crash that it was
    one, but not what stderr said.
    """
    found = {name: value for name, value in row.items() if name not in _TIMES_AND_HOST}
    for name in ("incumbents", "bounds"):
        found[name] = [value for _, value in json.loads(row[name])]
    info = json.loads(row["info"])
    found["info"] = {name: value for name, value in info.items() if not (name.endswith("_s") or "seconds" in name)}
    found["unexplained"] = bool(row["unexplained"])
    found["plan"] = None if row["plan"] is None else zlib.decompress(row["plan"])
    return found


def merge_stores(sources: Sequence[str | Path], output: str | Path) -> dict[str, int]:
    """Join stores into a new one.

    A trial that several stores have and agree on (but for times and host) is kept once, as it was recorded first; the
    order of the sources does not matter.

    Parameters
    ----------
    sources : sequence of str or Path
        Store files; they are not changed.
    output : str or Path
        The new store.

    Returns
    -------
    dict
        How many rows each table of the new store has.

    Raises
    ------
    InputError
        If a source is no store, `output` exists, or two stores have different records of one trial.
    """
    target = Path(output)
    if target.exists():
        raise InputError(str(output), "must not exist yet")
    if not sources:
        raise InputError("stores", "needs at least one")
    draft = target.with_name(f".{target.name}.merging")
    _remove(draft)
    try:
        with Store(draft) as joined:
            for source in sources:
                with Store(source, must_exist=True) as store:
                    for table in TABLES:
                        _join(joined, store, table)
            counts = {table: sum(1 for _ in joined.rows(table)) for table in TABLES}
        draft.replace(target)
    finally:
        _remove(draft)
    return counts


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _join(joined: Store, store: Store, table: str) -> None:
    batch: list[tuple[str, Mapping[str, Any]]] = []
    known = {row["id"]: row for row in joined.rows("study")} if table == "study" else {}
    for row in store.rows(table):
        chosen = row
        if table == "trial":
            chosen = _one_of(joined.row("trial", row["id"]), row, str(store.path))
        elif table == "study" and row["id"] in known:
            chosen = max(row, known[row["id"]], key=lambda one: str(one["used"]))
        elif table == "run":
            chosen = _one_run(joined.row("run", row["id"]), row)
        batch.append((table, chosen))
        if len(batch) >= _BATCH:
            joined.add_rows(batch, replace=table in ("trial", "study", "run"))
            batch.clear()
    joined.add_rows(batch, replace=table in ("trial", "study", "run"))


def _one_of(first: dict[str, Any] | None, second: dict[str, Any], where: str) -> dict[str, Any]:
    if first is None or first == second:
        return second
    one, other = content_of(first), content_of(second)
    differing = [name for name in one if canonical(one[name]) != canonical(other[name])]
    if differing:
        method = json.loads(second["identity"])["method"]
        raise InputError(
            where,
            f"has another record of trial {second['id'][:12]} (method {method}) than a store before it: "
            f"{', '.join(differing)} differ",
        )
    return min(first, second, key=lambda row: (str(row["finished"]), canonical(row["environment"])))


def _one_run(first: dict[str, Any] | None, second: dict[str, Any]) -> dict[str, Any]:
    return second if first is None or first["ended"] is None else first
