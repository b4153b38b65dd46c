"""The manifest: what an archive holds, with the size and the SHA-256 of every member."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from instances.errors import InputError

__all__ = ["MANIFEST", "Manifest", "Member", "member_name", "read_manifest"]

MANIFEST = "manifest.json"
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Size and SHA-256 of a member."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an archive holds.

    ``study`` is the identity of the study whose tables it has; ``deviations`` says in words what did not go as the study
    asked; ``members`` names every other file of the archive.
    """

    format: Literal["tiercut-archive"]
    schema_version: Literal[1]
    made_with: str
    name: str
    study: str
    trials: int
    recorded: int
    endings: dict[str, int]
    deviations: list[str]
    environments: dict[str, dict[str, Any]]
    members: dict[str, Member]


def member_name(name: str, where: str) -> str:
    """Return `name` where it may name a member: a relative path of plain words, on any system.

    Raises
    ------
    InputError
        For paths that lead elsewhere, and for letters that some system gives a meaning.
    """
    parts = name.split("/")
    if len(parts) > 4 or not all(_PART.fullmatch(part) and not part.endswith(".") for part in parts):
        raise InputError(where, "member names must be relative paths of letters, digits, '.', '_' and '-'", name)
    return name


def read_manifest(data: bytes, where: str) -> Manifest:
    """Read a manifest.

    Raises
    ------
    InputError
        If it is none, or of another version, or names a member that must not be.
    """
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{where}, {MANIFEST}", f"not the manifest of an archive: {error}") from None
    for name, member in manifest.members.items():
        member_name(name, where)
        if name == MANIFEST or member.bytes < 0 or not re.fullmatch(r"[0-9a-f]{64}", member.sha256):
            raise InputError(f"{where}, {MANIFEST}", "must give size and SHA-256 of every other member", name)
    if "store.sqlite" not in manifest.members:
        raise InputError(f"{where}, {MANIFEST}", "must name store.sqlite")
    return manifest
