"""The store: one SQLite file that keeps instances, studies and one terminal record a trial."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from experiments.plain import canonical, digest
from experiments.record import Record
from experiments.trial import Trial
from formulations.score import Verdict
from instances.errors import InputError
from solvers.contract import SolutionStatus, Termination

__all__ = ["SCHEMA_VERSION", "Entry", "Store", "StoredInstance"]

SCHEMA_VERSION = 1
MAX_DOCUMENT_BYTES = 64_000_000
"""Larger instance files are not kept in the store; their recipe is."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE environment (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE instance (
    sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, tasks INTEGER NOT NULL, recipe TEXT NOT NULL, document BLOB
) WITHOUT ROWID;
CREATE TABLE trial (
    id TEXT PRIMARY KEY, problem TEXT NOT NULL, instance TEXT NOT NULL REFERENCES instance, identity TEXT NOT NULL,
    status TEXT NOT NULL, termination TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,
    recovered INTEGER NOT NULL, value REAL, bound REAL, seconds REAL, wall_seconds REAL NOT NULL, peak_bytes INTEGER,
    incumbents TEXT NOT NULL, bounds TEXT NOT NULL, measures TEXT NOT NULL, violations TEXT NOT NULL,
    info TEXT NOT NULL, plan BLOB, environment TEXT NOT NULL REFERENCES environment, finished TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX trial_problem ON trial (problem);
CREATE TABLE study (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL, used TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE entry (
    study TEXT NOT NULL REFERENCES study, position INTEGER NOT NULL, trial TEXT NOT NULL, problem TEXT NOT NULL,
    instance TEXT NOT NULL, label TEXT NOT NULL, method TEXT NOT NULL, title TEXT NOT NULL,
    repetition INTEGER NOT NULL, PRIMARY KEY (study, position)
) WITHOUT ROWID;
"""

_COLUMNS = (
    "id, problem, instance, identity, status, termination, verdict, reason, recovered, value, bound, seconds, "
    "wall_seconds, peak_bytes, incumbents, bounds, measures, violations, info, plan, environment, finished"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trial's place in a study: what tables call its instance and its method."""

    trial: str
    problem: str
    instance: str
    label: str
    method: str
    title: str
    repetition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInstance:
    """An instance as the store keeps it: its file, or where that is too large its recipe alone."""

    sha256: str
    name: str
    tasks: int
    recipe: Mapping[str, Any]
    document: bytes | None


class Store:
    """A store file, opened for one writer.

    Parameters
    ----------
    path : str or Path
        The file; made where it does not exist, unless `must_exist`.

    Raises
    ------
    InputError
        If the file is not a store, or of another schema version.
    """

    def __init__(self, path: str | Path, *, must_exist: bool = False) -> None:
        self.path = Path(path)
        if must_exist and not self.path.is_file():
            raise InputError(str(path), "must be a store file that exists")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self._prepare()
        except (sqlite3.DatabaseError, OSError) as error:
            raise InputError(str(path), f"must be a store ({error})") from None

    def _prepare(self) -> None:
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            self._db.execute("PRAGMA journal_mode = WAL")
            with self._transaction():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
        elif not {"meta", "trial", "entry"} <= tables:
            raise InputError(str(self.path), "must be a store of this workbench")
        found = self._db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        if found is None or found[0] != str(SCHEMA_VERSION):
            raise InputError(str(self.path), f"must be of schema version {SCHEMA_VERSION}", found and found[0])
        self._db.execute("PRAGMA synchronous = FULL")  # a record that was reported survives a power cut
        self._db.execute("PRAGMA foreign_keys = ON")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing is left beside it."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- writing

    def add_environment(self, facts: Mapping[str, Any]) -> str:
        """Keep facts about the machine and return their identity."""
        identity = digest(facts)
        self._db.execute("INSERT OR IGNORE INTO environment VALUES (?, ?)", (identity, canonical(facts)))
        return identity

    def add_instance(self, instance: StoredInstance) -> None:
        """Keep an instance."""
        document = instance.document
        if document is not None and len(document) > MAX_DOCUMENT_BYTES:
            document = None
        self._db.execute(
            "INSERT OR IGNORE INTO instance VALUES (?, ?, ?, ?, ?)",
            (
                instance.sha256,
                instance.name,
                instance.tasks,
                canonical(instance.recipe),
                None if document is None else zlib.compress(document, 6),
            ),
        )

    def add_study(self, name: str, document: Mapping[str, Any], entries: Sequence[Entry]) -> str:
        """Keep a study with its trials in order, make it the latest, and return its identity."""
        rows = [(e.trial, e.problem, e.instance, e.label, e.method, e.title, e.repetition) for e in entries]
        identity = digest([document, rows])
        with self._transaction():
            self._db.execute(
                "INSERT INTO study VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET used = excluded.used",
                (identity, name, canonical(document), _now()),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(identity, position, *row) for position, row in enumerate(rows)],
            )
        return identity

    def add_record(self, trial: Trial, record: Record, environment: str) -> None:
        """Write the terminal record of a trial; when this returns it is on disk."""
        self._db.execute(
            f"INSERT INTO trial ({_COLUMNS}) VALUES ({', '.join('?' * 22)})",
            (
                trial.id,
                trial.problem_id,
                trial.instance,
                canonical(trial.identity),
                str(record.status),
                str(record.termination),
                str(record.verdict),
                record.reason,
                int(record.recovered),
                record.value,
                record.bound,
                record.seconds,
                record.wall_seconds,
                record.peak_bytes,
                canonical(record.incumbents),
                canonical(record.bounds),
                canonical(record.measures),
                canonical(record.violations),
                canonical(record.info),
                None if record.plan is None else zlib.compress(record.plan, 6),
                environment,
                _now(),
            ),
        )

    # -- reading

    def finished(self, trials: Iterable[str]) -> set[str]:
        """Return which of `trials` have their terminal record."""
        wanted = set(trials)
        return {row[0] for row in self._db.execute("SELECT id FROM trial") if row[0] in wanted}

    def study(self, identity: str | None = None) -> tuple[str, dict[str, Any]]:
        """Return (identity, document) of a study, by default the latest that ran.

        Raises
        ------
        InputError
            If there is none.
        """
        chosen = "WHERE id = ?" if identity else "ORDER BY used DESC, id LIMIT 1"
        row = self._db.execute(f"SELECT id, document FROM study {chosen}", (identity,) if identity else ()).fetchone()
        if row is None:
            raise InputError(str(self.path), "has no such study", identity)
        return row[0], json.loads(row[1])

    def entries(self, study: str) -> list[Entry]:
        """Return the trials of a study in order."""
        rows = self._db.execute(
            "SELECT trial, problem, instance, label, method, title, repetition FROM entry "
            "WHERE study = ? ORDER BY position",
            (study,),
        )
        names = ("trial", "problem", "instance", "label", "method", "title", "repetition")
        return [Entry(**dict(zip(names, row, strict=True))) for row in rows]

    def trials(self) -> Iterator[dict[str, Any]]:
        """Yield every trial's row without plan and trace, by identity; JSON columns decoded."""
        names = [
            "id",
            "problem",
            "instance",
            "identity",
            "status",
            "termination",
            "verdict",
            "reason",
            "recovered",
            "value",
            "bound",
            "seconds",
            "wall_seconds",
            "peak_bytes",
            "measures",
            "violations",
            "info",
            "environment",
            "finished",
        ]
        for row in self._db.execute(f"SELECT {', '.join(names)} FROM trial ORDER BY id"):
            found = dict(zip(names, row, strict=True))
            for name in ("identity", "measures", "violations", "info"):
                found[name] = json.loads(found[name])
            yield found

    def trace(self, trial: str) -> tuple[list[list[float]], list[list[float]]]:
        """Return incumbents and bounds of a trial as lists of [seconds, value]."""
        row = self._db.execute("SELECT incumbents, bounds FROM trial WHERE id = ?", (trial,)).fetchone()
        return (json.loads(row[0]), json.loads(row[1])) if row else ([], [])

    def plan(self, trial: str) -> dict[str, Any] | None:
        """Return the plan document of a trial."""
        row = self._db.execute("SELECT plan FROM trial WHERE id = ?", (trial,)).fetchone()
        return json.loads(zlib.decompress(row[0])) if row and row[0] is not None else None

    def record(self, trial: str) -> Record | None:
        """Return the record of a trial, or None where it has not ended."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM trial WHERE id = ?", (trial,)).fetchone()
        if row is None:
            return None
        found = dict(zip(_COLUMNS.split(", "), row, strict=True))
        return Record(
            trial=trial,
            status=SolutionStatus(found["status"]),
            termination=Termination(found["termination"]),
            verdict=Verdict(found["verdict"]),
            reason=found["reason"],
            recovered=bool(found["recovered"]),
            value=found["value"],
            bound=found["bound"],
            seconds=found["seconds"],
            wall_seconds=found["wall_seconds"],
            peak_bytes=found["peak_bytes"],
            plan=None if found["plan"] is None else zlib.decompress(found["plan"]),
            incumbents=tuple((s, v) for s, v in json.loads(found["incumbents"])),
            bounds=tuple((s, v) for s, v in json.loads(found["bounds"])),
            measures=json.loads(found["measures"]),
            violations=tuple(json.loads(found["violations"])),
            info=json.loads(found["info"]),
        )

    def instances(self) -> Iterator[StoredInstance]:
        """Yield the instances, by identity."""
        for sha, name, tasks, recipe, document in self._db.execute("SELECT * FROM instance ORDER BY sha256"):
            yield StoredInstance(
                sha256=sha,
                name=name,
                tasks=tasks,
                recipe=json.loads(recipe),
                document=None if document is None else zlib.decompress(document),
            )

    def instance(self, sha256: str) -> StoredInstance | None:
        """Return one instance."""
        row = self._db.execute("SELECT * FROM instance WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            return None
        document = None if row[4] is None else zlib.decompress(row[4])
        return StoredInstance(sha256=row[0], name=row[1], tasks=row[2], recipe=json.loads(row[3]), document=document)

    def environments(self) -> dict[str, dict[str, Any]]:
        """Return the facts about machines, by identity."""
        return {row[0]: json.loads(row[1]) for row in self._db.execute("SELECT id, document FROM environment")}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
