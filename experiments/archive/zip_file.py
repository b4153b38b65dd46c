"""Zip files: written so that the same members give the same bytes, and read so that a stranger's does no harm."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from experiments.archive.manifest import MANIFEST, Manifest, member_name, read_manifest
from instances.errors import InputError
from instances.files.replacing import replacing

__all__ = ["MAX_BYTES", "unpack", "write_zip"]

MAX_BYTES = 8_000_000_000
"""What an archive may unpack to, unless the caller allows more."""

_MAX_MEMBERS = 10_000
_MAX_MANIFEST_BYTES = 16_000_000
_CHUNK = 1 << 20
_BEGINNING = (1980, 1, 1, 0, 0, 0)


def write_zip(path: str | Path, members: Mapping[str, bytes | Path]) -> None:
    """Write `members` (content, or the file that has it) as a zip file, by name, all with the same date and rights."""
    with replacing(path) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(member_name(name, str(path)), _BEGINNING)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            content = members[name]
            archive.writestr(info, content if isinstance(content, bytes) else content.read_bytes())


def unpack(path: str | Path, folder: Path, max_bytes: int = MAX_BYTES) -> Manifest:
    """Unpack an archive into `folder`, which must be empty, and return its manifest.

    Nothing is written outside of `folder`, and nothing that the manifest does not name with its size and SHA-256.

    Parameters
    ----------
    path : str or Path
        The archive.
    folder : Path
        Where to.
    max_bytes : int
        The most that all members may take.

    Raises
    ------
    InputError
        If the file is no archive, a name leads elsewhere or repeats, a member is a link, is encrypted, is larger than
        it says, is not what the manifest says, or all are too large.
    """
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = _listed(archive, where)
            listed = _content(archive, infos[MANIFEST], _MAX_MANIFEST_BYTES, where)
            manifest = read_manifest(listed, where)
            _check_members(manifest, infos, max_bytes, where)
            for name, member in manifest.members.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                _extract(archive, infos[name], target, member.bytes, member.sha256, where)
            (folder / MANIFEST).write_bytes(listed)
    except OSError as error:
        raise InputError(where, f"cannot be unpacked ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(where, f"must be an archive that `tiercut archive` wrote ({error})") from None
    return manifest


def _listed(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise InputError(where, f"may have {_MAX_MEMBERS} members", len(infos))
    found: dict[str, zipfile.ZipInfo] = {}
    seen = set()
    for info in infos:
        name = member_name(info.orig_filename, where)
        if name.lower() in seen:
            raise InputError(where, "must not have two members of one name", name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or info.flag_bits & 0x1:
            raise InputError(where, "members must be plain files, neither links nor encrypted", name)
        seen.add(name.lower())
        found[name] = info
    if MANIFEST not in found:
        raise InputError(where, f"must be an archive that `tiercut archive` wrote: it has no {MANIFEST}")
    return found


def _check_members(manifest: Manifest, infos: Mapping[str, zipfile.ZipInfo], max_bytes: int, where: str) -> None:
    for name in sorted(set(manifest.members) ^ (set(infos) - {MANIFEST})):
        what = "is not in the manifest" if name in infos else "is missing"
        raise InputError(where, f"{name} {what}")
    total = sum(member.bytes for member in manifest.members.values())
    if total > max_bytes:
        raise InputError(where, f"may unpack to {max_bytes} bytes", total)
    for name, member in manifest.members.items():
        if infos[name].file_size != member.bytes:
            raise InputError(
                f"{where}, {name}", f"must have the {member.bytes} bytes of the manifest", infos[name].file_size
            )


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, where: str) -> bytes:
    with archive.open(info) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{where}, {info.filename}", f"may have {limit} bytes")
    return data


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, size: int, sha256: str, where: str) -> None:
    digest, count = hashlib.sha256(), 0
    with archive.open(info) as file, open(target, "xb") as out:
        while chunk := file.read(_CHUNK):
            count += len(chunk)
            if count > size:
                break
            digest.update(chunk)
            out.write(chunk)
    if count != size or digest.hexdigest() != sha256:
        raise InputError(f"{where}, {info.filename}", "is damaged: not the content that the manifest names")
