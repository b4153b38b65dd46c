"""The tables of a store, and how an older store becomes one of today."""

from __future__ import annotations

__all__ = ["FROM_1", "SCHEMA", "SCHEMA_VERSION", "TABLES"]

SCHEMA_VERSION = 2

TABLES = ("environment", "instance", "trial", "study", "entry", "run", "retried")
"""All but ``meta``; a table comes after those that it refers to."""

_RECORDS = """
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
    info TEXT NOT NULL, plan BLOB, environment TEXT NOT NULL REFERENCES environment, finished TEXT NOT NULL,
    killed INTEGER NOT NULL DEFAULT 0, unexplained TEXT NOT NULL DEFAULT ''
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

_HISTORY = """
CREATE TABLE run (
    id TEXT PRIMARY KEY, study TEXT NOT NULL, began TEXT NOT NULL, ended TEXT, document TEXT NOT NULL,
    environment TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE retried (
    trial TEXT NOT NULL, finished TEXT NOT NULL, termination TEXT NOT NULL, verdict TEXT NOT NULL,
    reason TEXT NOT NULL, unexplained TEXT NOT NULL, PRIMARY KEY (trial, finished)
) WITHOUT ROWID;
CREATE INDEX trial_termination ON trial (termination);
"""

_MORE_COLUMNS = """
ALTER TABLE trial ADD COLUMN killed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN unexplained TEXT NOT NULL DEFAULT '';
"""

SCHEMA = _RECORDS + _HISTORY
"""Statements that make an empty store."""

FROM_1 = _MORE_COLUMNS + _HISTORY
"""Statements that bring a store of schema version 1 up to date."""
