"""Make an archive: one zip file with the store, the study, its tables and the answers that reviewers ask for."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from experiments.archive.documents import artifact_md, citation_cff, made_with
from experiments.archive.facts import ArchiveFacts, archive_facts
from experiments.archive.manifest import MANIFEST, Manifest, Member
from experiments.archive.study_toml import study_toml
from experiments.archive.zip_file import write_zip
from experiments.export import export_store, stored_study
from experiments.manifest import write_manifest
from experiments.store import Store
from experiments.study import Study
from instances.errors import InputError

__all__ = ["make_archive"]


def make_archive(store: Store, path: str | Path, identity: str | None = None, *, authors: Sequence[str] = ()) -> Path:
    """Write the archive of a study and return its path. The same store gives the same bytes.

    Parameters
    ----------
    store : Store
        Where the records are.
    path : str or Path
        The zip file; replaced where it exists.
    identity : str, optional
        The study; by default the latest that ran.
    authors : sequence of str
        Who is to be cited.

    Raises
    ------
    InputError
        If there is no such study, or the file cannot be written.
    """
    found, _ = store.study(identity)
    study = stored_study(store, identity)
    with tempfile.TemporaryDirectory(prefix="tiercut-") as folder:
        members: dict[str, bytes | Path] = {"store.sqlite": _copy(store, Path(folder) / "store.sqlite")}
        export = export_store(store, Path(folder) / "tables", identity, pictures=False)
        # pictures are drawn anew from their data: their bytes depend on fonts and libraries
        members |= {f"tables/{one.relative_to(Path(folder) / 'tables').as_posix()}": one for one in export.written}
        document, extras, missing = _self_contained(store, study, found)
        facts = archive_facts(store, found, export.frame, missing)
        members |= extras
        members["run.json"] = write_manifest(store, Path(folder) / "run.json", identity)
        members["study.toml"] = study_toml(document).encode()
        members["ARTIFACT.md"] = artifact_md(study, facts, sorted(extras)).encode()
        members["CITATION.cff"] = citation_cff(study, facts, authors).encode()
        members[MANIFEST] = _manifest(study, found, facts, members)
        write_zip(path, members)
    return Path(path)


def _copy(store: Store, target: Path) -> Path:
    """Copy the store as one compact file, whatever journal stands beside it."""
    try:
        source = sqlite3.connect(store.path, timeout=30)
        try:
            source.execute("VACUUM INTO ?", (str(target),))
        finally:
            source.close()
    except sqlite3.DatabaseError as error:
        raise InputError(str(store.path), f"cannot be copied ({error})") from None
    return target


def _self_contained(
    store: Store, study: Study, identity: str
) -> tuple[dict[str, Any], dict[str, bytes | Path], list[str]]:
    """Return the study's data with its files under names in the archive, these files, and those that are gone."""
    document = study.as_dict()
    extras: dict[str, bytes | Path] = {}
    missing = []
    sha256 = {entry.label: entry.instance for entry in store.entries(identity)}
    moved: dict[str, str] = {}
    for spec in study.specs():
        if spec.file is None or spec.file in moved:
            continue
        stored = store.instance(sha256.get(spec.label, ""))
        if stored is None or stored.document is None:
            missing.append(Path(spec.file).name)
            continue
        # the folder keeps names apart, and the name keeps the label that the study derives from it
        moved[spec.file] = f"instances/{stored.sha256[:8]}/{_word(Path(spec.file).name)}"
        extras[moved[spec.file]] = stored.document
    for number, plugin in enumerate(study.plugins):
        if Path(plugin).is_file():
            moved[plugin] = f"plugins/{number}/{_word(Path(plugin).name)}"
            extras[moved[plugin]] = Path(plugin).read_bytes()
        else:
            missing.append(Path(plugin).name)
    for grid in document["instances"]:
        if "files" in grid:
            grid["files"] = [moved.get(name, Path(name).name) for name in grid["files"]]
    if "plugins" in document:
        document["plugins"] = [moved.get(name, Path(name).name) for name in document["plugins"]]
    return document, extras, missing


def _word(name: str) -> str:
    word = re.sub(r"[^A-Za-z0-9._-]", "_", name).strip(".")[:80]
    return word if re.match(r"[A-Za-z0-9_]", word) else f"_{word}"


def _manifest(study: Study, identity: str, facts: ArchiveFacts, members: dict[str, bytes | Path]) -> bytes:
    listed = {}
    for name in sorted(members):
        content = members[name]
        data = content if isinstance(content, bytes) else content.read_bytes()
        listed[name] = Member(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    manifest = Manifest(
        format="tiercut-archive",
        schema_version=1,
        made_with=made_with(),
        name=study.name,
        study=identity,
        trials=facts.trials,
        recorded=facts.recorded,
        endings=facts.endings,
        deviations=list(facts.deviations),
        environments=facts.environments,
        members=listed,
    )
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
