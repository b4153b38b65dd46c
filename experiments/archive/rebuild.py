"""Rebuild: every table again out of an archive, compared byte by byte with those that came with it; nothing is solved."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from experiments.archive.zip_file import MAX_BYTES, unpack
from experiments.export import export_store
from experiments.store import Store
from instances.errors import InputError

__all__ = ["Rebuilt", "rebuild_archive"]

_TABLES = {"meta", "environment", "instance", "trial", "study", "entry"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What came of an archive.

    Parameters
    ----------
    folder : Path
        Has the archive's files, with ``tables/`` made anew.
    same, different : tuple of str
        Archived tables that were made again byte by byte, and those that were not; of the latter the archived one is
        kept beside the new one as ``NAME.archived``.
    """

    folder: Path
    same: tuple[str, ...]
    different: tuple[str, ...]


def rebuild_archive(archive: str | Path, folder: str | Path, *, max_bytes: int = MAX_BYTES) -> Rebuilt:
    """Unpack an archive and make all its tables and figures again from the records of its store.

    Parameters
    ----------
    archive : str or Path
        What `tiercut archive` wrote. It may come from anyone: no code in it runs.
    folder : str or Path
        Where to; must not exist, or be empty. It appears whole or not at all.
    max_bytes : int
        The most that the archive may unpack to.

    Raises
    ------
    InputError
        If the archive or its store is damaged or hostile, or `folder` is in use.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(str(folder), "must be a folder that is empty or does not exist")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tiercut-", dir=target.parent) as beside:
            place = Path(beside) / "archive"
            place.mkdir()
            manifest = unpack(archive, place, max_bytes)
            same, different = _make_again(place, manifest.study, str(archive))
            if target.exists():
                target.rmdir()
            os.rename(place, target)
    except OSError as error:
        raise InputError(str(folder), f"cannot be written ({error.strerror or error})") from None
    return Rebuilt(folder=target, same=same, different=different)


def _make_again(place: Path, study: str, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    archived = {}
    for path in sorted((place / "tables").rglob("*")):
        if path.is_file():
            archived[path.relative_to(place / "tables").as_posix()] = path.read_bytes()
            path.unlink()
    _check_store(place / "store.sqlite", where)
    try:
        with Store(place / "store.sqlite", must_exist=True) as store:
            export_store(store, place / "tables", study)
    except InputError as error:
        raise InputError(f"{where}, store.sqlite", _inside(str(error), place)) from None
    except (sqlite3.Error, zlib.error, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        text = f"its records cannot be read ({type(error).__name__}: {error})"
        raise InputError(f"{where}, store.sqlite", text) from None
    same, different = [], []
    for name, content in archived.items():
        path = place / "tables" / name
        if path.is_file() and path.read_bytes() == content:
            same.append(name)
            continue
        different.append(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.archived").write_bytes(content)
    return tuple(same), tuple(different)


def _check_store(path: Path, where: str) -> None:
    """Refuse a database that is damaged, or that has more in it than tables and their indices."""
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            database.execute("PRAGMA trusted_schema = OFF")
            things = database.execute("SELECT type, tbl_name, coalesce(sql, '') FROM sqlite_master").fetchall()
            odd = [name for kind, name, sql in things if kind not in ("table", "index") or "virtual" in sql.lower()]
            tables = {name for kind, name, _ in things if kind == "table"}
            if odd or not tables >= _TABLES:
                raise InputError(f"{where}, store.sqlite", "must be a store of this workbench")
            [(verdict,), *_] = database.execute("PRAGMA integrity_check(1)").fetchall()
            if verdict != "ok":
                raise InputError(f"{where}, store.sqlite", f"is damaged ({verdict})")
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        raise InputError(f"{where}, store.sqlite", f"is damaged ({error})") from None


def _inside(text: str, place: Path) -> str:
    """Return `text` without the path of a folder that is gone when it is read."""
    return text.replace(f"{place / 'store.sqlite'}: ", "").replace(f"{place}/", "")
