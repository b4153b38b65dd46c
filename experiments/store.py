"""The store: one SQLite file that keeps instances, studies, runs and one terminal record a trial.

There is one writer at a time: `Store.writer` holds the lock. A record is one transaction, on disk when it is reported.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from experiments.plain import canonical, digest
from experiments.record import Record
from experiments.store_schema import FROM_1, SCHEMA, SCHEMA_VERSION, TABLES
from experiments.trial import Trial
from formulations.score import Verdict
from instances.errors import InputError
from solvers.contract import SolutionStatus, Termination

__all__ = ["SCHEMA_VERSION", "Entry", "Store", "StoredInstance"]

MAX_DOCUMENT_BYTES = 64_000_000
"""Larger instance files are not kept in the store; their recipe is."""

_COLUMNS = (
    "id, problem, instance, identity, status, termination, verdict, reason, recovered, value, bound, seconds, "
    "wall_seconds, peak_bytes, incumbents, bounds, measures, violations, info, plan, environment, finished, "
    "killed, unexplained"
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
                self._execute(SCHEMA)
                self._db.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
        elif not {"meta", "trial", "entry"} <= tables:
            raise InputError(str(self.path), "must be a store of this workbench")
        found = self._version()
        if found == "1":
            with self._transaction():
                if self._version() == "1":  # nobody was faster
                    self._execute(FROM_1)
                    self._db.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),))
            found = self._version()
        if found != str(SCHEMA_VERSION):
            raise InputError(str(self.path), f"must be of schema version {SCHEMA_VERSION}", found)
        self._db.execute("PRAGMA synchronous = FULL")  # a record that was reported survives a power cut
        self._db.execute("PRAGMA foreign_keys = ON")

    def _version(self) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        return None if row is None else str(row[0])

    def _execute(self, statements: str) -> None:
        for statement in statements.split(";"):
            self._db.execute(statement)

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

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Be the one that runs trials for this store.

        Raises
        ------
        InputError
            If another process is. A process that was killed is not.
        """
        lock = Path(f"{self.path}.lock")
        while True:
            number = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if lock.exists() and os.path.samestat(os.stat(lock), os.fstat(number)):
                    break
            except BlockingIOError:
                os.close(number)
                raise InputError(str(self.path), "must have one writer; another run is at work on it") from None
            except OSError:  # somebody has just removed it
                pass
            os.close(number)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
            os.close(number)

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
            known = self._db.execute("UPDATE study SET used = ? WHERE id = ?", (_now(), identity)).rowcount
            if not known:
                self._db.execute("INSERT INTO study VALUES (?, ?, ?, ?)", (identity, name, canonical(document), _now()))
                self._db.executemany(
                    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(identity, position, *row) for position, row in enumerate(rows)],
                )
        return identity

    def begin_run(self, study: str, document: Mapping[str, Any], environment: str) -> str:
        """Note that a run of a study begins, with what it was asked to do, and return its identity."""
        began = _now()
        identity = digest([study, document, environment, began, os.getpid()])
        self._db.execute(
            "INSERT INTO run VALUES (?, ?, ?, NULL, ?, ?)", (identity, study, began, canonical(document), environment)
        )
        return identity

    def end_run(self, identity: str) -> None:
        """Note that a run came to its end; one that was interrupted has none."""
        self._db.execute("UPDATE run SET ended = ? WHERE id = ?", (_now(), identity))

    def add_record(self, trial: Trial, record: Record, environment: str) -> None:
        """Write the terminal record of a trial; when this returns it is on disk.

        Where the trial had one it is replaced, and the old one's ending goes among `retried`.
        """
        values = self._row(trial, record, environment)
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO retried SELECT id, finished, termination, verdict, reason, unexplained "
                "FROM trial WHERE id = ?",
                (trial.id,),
            )
            self._db.execute(
                f"INSERT OR REPLACE INTO trial ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values
            )

    def _row(self, trial: Trial, record: Record, environment: str) -> tuple[Any, ...]:
        return (
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
            int(record.killed),
            record.unexplained,
        )

    # -- reading

    def finished(self, trials: Iterable[str], *, unless: Collection[str] = ()) -> set[str]:
        """Return which of `trials` have their terminal record, but for those whose termination is in `unless`."""
        wanted, left_out = set(trials), tuple(unless)
        query = f"SELECT id FROM trial WHERE termination NOT IN ({', '.join('?' * len(left_out))})"
        return {row[0] for row in self._db.execute(query, left_out) if row[0] in wanted}

    def unexplained(self, study: str | None = None) -> dict[str, str]:
        """Return what is known of the trials that nobody can account for, by identity; of all, or of one study."""
        chosen = "AND id IN (SELECT trial FROM entry WHERE study = ?)" if study else ""
        rows = self._db.execute(
            f"SELECT id, CASE unexplained WHEN '' THEN reason ELSE unexplained END FROM trial "
            f"WHERE termination = 'crashed' {chosen} ORDER BY id",
            (study,) if study else (),
        )
        return dict(rows)

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table as they are stored, in order of their keys."""
        if table not in TABLES:
            raise InputError("table", f"must be one of {', '.join(TABLES)}", table)
        found = self._db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
        names = [column[0] for column in found.description]
        for row in found:
            yield dict(zip(names, row, strict=True))

    def row(self, table: str, identity: str) -> dict[str, Any] | None:
        """Return the row of `table` with this ``id`` as it is stored, or None."""
        if table not in TABLES:
            raise InputError("table", f"must be one of {', '.join(TABLES)}", table)
        found = self._db.execute(f"SELECT * FROM {table} WHERE id = ?", (identity,))
        names = [column[0] for column in found.description]
        row = found.fetchone()
        return None if row is None else dict(zip(names, row, strict=True))

    def add_rows(self, rows: Iterable[tuple[str, Mapping[str, Any]]], *, replace: bool = False) -> None:
        """Add (table, row) as they came out of `rows`, all or none; with `replace` in the place of what is there."""
        word = "REPLACE" if replace else "IGNORE"
        with self._transaction():
            self._db.execute("PRAGMA defer_foreign_keys = ON")
            for table, row in rows:
                names = ", ".join(row)
                marks = ", ".join("?" * len(row))
                self._db.execute(f"INSERT OR {word} INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))

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

    def trials(self, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield every trial's row without plan and trace, by identity, or only its `columns`; JSON columns decoded."""
        names = (
            list(columns)
            if columns is not None
            else [
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
                "killed",
                "unexplained",
            ]
        )
        decoded = [name for name in ("identity", "measures", "violations", "info") if name in names]
        for row in self._db.execute(f"SELECT {', '.join(names)} FROM trial ORDER BY id"):
            found = dict(zip(names, row, strict=True))
            for name in decoded:
                found[name] = msgspec.json.decode(found[name])
            yield found

    def traces(self) -> Iterator[tuple[str, list[list[float]], list[list[float]]]]:
        """Yield identity, incumbents and bounds of every trial, by identity."""
        for trial, incumbents, bounds in self._db.execute("SELECT id, incumbents, bounds FROM trial ORDER BY id"):
            yield trial, msgspec.json.decode(incumbents), msgspec.json.decode(bounds)

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
            killed=bool(found["killed"]),
            unexplained=found["unexplained"],
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

    def recipes(self) -> dict[str, tuple[str, int]]:
        """Return (SHA-256, bytes of the stored file) of the instances by the canonical text of their recipes."""
        rows = self._db.execute("SELECT recipe, sha256, coalesce(length(document), 0) FROM instance")
        return {recipe: (sha, size) for recipe, sha, size in rows}

    def task_counts(self) -> dict[str, int]:
        """Return the number of tasks of every instance, by identity; no instance is unpacked for it."""
        return dict(self._db.execute("SELECT sha256, tasks FROM instance"))

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
