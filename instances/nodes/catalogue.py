"""The catalogue of node kinds: published figures, and a user's own in the same form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from instances.errors import InputError
from instances.system import NodeKind

__all__ = ["CatalogueEntry", "Latency", "kind_names", "load_kinds", "node_entry", "node_kind", "read_kinds"]

Positive = Annotated[float, msgspec.Meta(gt=0)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]

_FIGURES = (
    "memory_bytes",
    "bytes_per_s",
    "peak_operations_per_s",
    "idle_watts",
    "busy_watts",
    "transmit_watts",
)


class _LatencyRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    network: Text
    milliseconds: Positive
    source: Text
    rate: bool = False


class _EffectiveRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str = ""
    assumed: str = ""
    operations_per_s: Positive | None = None
    percent_of_peak: Share | None = None


class _KindRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text
    title: str = ""
    memory_bytes: Positive | None = None
    bytes_per_s: Positive | None = None
    peak_operations_per_s: Positive | None = None
    idle_watts: Amount | None = None
    busy_watts: Amount | None = None
    transmit_watts: Amount | None = None
    latency: tuple[_LatencyRecord, ...] = ()
    effective: _EffectiveRecord | None = None
    sources: dict[str, str] = {}
    assumed: dict[str, str] = {}


class _Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sources: dict[str, str] = {}
    macs: dict[str, Positive] = {}
    kind: tuple[_KindRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A published latency of one inference of a whole network on a node kind.

    Parameters
    ----------
    network : str
        Name of the network in the zoo.
    seconds : float
        Its latency at batch 1.
    source : str
        Citation.
    """

    network: str
    seconds: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A node kind with what was published about it and what had to be assumed.

    Parameters
    ----------
    kind : NodeKind
        The figures that cost models draw on.
    title : str
        What the kind is, for people.
    latencies : tuple of Latency
        Published latencies of whole networks.
    sources, assumed : mapping of str to str
        By field of `kind`: the citation, and why a value was assumed that nobody published.
    """

    kind: NodeKind
    title: str = ""
    latencies: tuple[Latency, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Fields of `kind` that nobody gave: none, no limit or 0 there stands for "not known"."""
        return tuple(name for name in _FIGURES if name not in self.sources and name not in self.assumed)


def read_kinds(path: str | Path) -> dict[str, CatalogueEntry]:
    """Read a TOML file of node kinds in the form of ``instances/nodes/catalogue.toml``.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    dict
        Entries by name, in the file's order.

    Raises
    ------
    InputError
        If the file cannot be read, or a figure is missing, negative, or stands without a source or an assumption.
    """
    try:
        text = Path(path).read_bytes().decode()
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    return _decode(text, str(path))


def load_kinds(path: str | Path) -> dict[str, CatalogueEntry]:
    """Read a file of node kinds (see `read_kinds`) and add its kinds to the catalogue of this process.

    Raises
    ------
    InputError
        As `read_kinds`, and if the catalogue has another kind of the same name: a name means one machine, else the
        same parameters and seed could give two instances.
    """
    entries = read_kinds(path)
    known = _catalogue()
    for name, entry in entries.items():
        if name in known and known[name] != entry:
            raise InputError(str(path), "a node kind of that name exists with other figures", name)
    known.update(entries)
    return entries


def kind_names() -> tuple[str, ...]:
    """Return the names of all node kinds of the catalogue, sorted."""
    return tuple(sorted(_catalogue()))


def node_entry(name: str) -> CatalogueEntry:
    """Return the entry of kind `name`: its figures, latencies, sources and assumptions.

    Raises
    ------
    InputError
        If the catalogue has no such kind.
    """
    try:
        return _catalogue()[name]
    except KeyError:
        raise InputError("node kind", f"must be one of {', '.join(kind_names())}", name) from None


def node_kind(name: str) -> NodeKind:
    """Return the node kind `name` of the catalogue.

    Raises
    ------
    InputError
        If the catalogue has no such kind.

    Examples
    --------
    >>> round(node_kind("raspberry-pi-4").operations_per_s / 1e9, 1)  # 2 x 15.47 GMAC / 988.65 ms
    31.3
    """
    return node_entry(name).kind


@cache
def _catalogue() -> dict[str, CatalogueEntry]:
    resource = files("instances.nodes") / "catalogue.toml"
    return _decode(resource.read_text(encoding="utf-8"), "catalogue.toml")


def _decode(text: str, where: str) -> dict[str, CatalogueEntry]:
    try:
        document = msgspec.convert(tomllib.loads(text), _Catalogue)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(where, f"not a file of node kinds: {error}") from None
    entries: dict[str, CatalogueEntry] = {}
    for record in document.kind:
        if record.name in entries:
            raise InputError(where, "kind names must be unique", record.name)
        entries[record.name] = _entry(record, document, where)
    return entries


def _entry(record: _KindRecord, document: _Catalogue, where: str) -> CatalogueEntry:
    at = f"{where}, kind {record.name}"

    def cited(key: str) -> str:
        return document.sources.get(key, key)

    figures = {name: getattr(record, name) for name in _FIGURES if getattr(record, name) is not None}
    for name in figures:
        if not record.sources.get(name) and not record.assumed.get(name):
            raise InputError(at, f"{name} needs a citation in [kind.sources] or a reason in [kind.assumed]")
    for name in (*record.sources, *record.assumed):
        if name not in figures:
            raise InputError(at, "sources and assumed must name a figure of the kind", name)
    sources = {name: cited(key) for name, key in record.sources.items()}
    assumed = dict(record.assumed)
    rate, source, reason = _rate(record, document, at)
    if source:
        sources["operations_per_s"] = source
    if reason:
        assumed["operations_per_s"] = reason
    citations = "; ".join(f"{name}: {text}" for name, text in sources.items())
    guesses = "; ".join(f"{name} assumed: {text}" for name, text in assumed.items())
    missing = ", ".join(name for name in _FIGURES if name not in figures)
    unknown = f"not known: {missing}" if missing else ""
    memory = figures.pop("memory_bytes", np.inf)
    return CatalogueEntry(
        kind=NodeKind(
            name=record.name,
            operations_per_s=rate,
            memory_bytes=memory,
            source="; ".join(part for part in (citations, guesses, unknown) if part),
            **figures,
        ),
        title=record.title,
        latencies=tuple(
            Latency(network=item.network, seconds=item.milliseconds / 1e3, source=cited(item.source))
            for item in record.latency
        ),
        sources=sources,
        assumed=assumed,
    )


def _rate(record: _KindRecord, document: _Catalogue, at: str) -> tuple[float, str, str]:
    """Return the effective rate of `record` with its citation and, where assumed, the reason."""
    chosen = [item for item in record.latency if item.rate]
    if len(chosen) + (record.effective is not None) != 1:
        raise InputError(at, "needs exactly one latency with rate = true or one [kind.effective]", len(chosen))
    if chosen:
        latency = chosen[0]
        macs = document.macs.get(latency.network, _catalogue_macs().get(latency.network))
        if macs is None:
            raise InputError(at, f"multiply-adds of {latency.network} must stand in [macs]")
        cite = document.sources.get(latency.source, latency.source)
        text = f"2 x {macs / 1e9:g} GMAC / {latency.milliseconds:g} ms on {latency.network}, {cite}"
        return 2 * macs / (latency.milliseconds / 1e3), text, ""
    effective: Any = record.effective
    if bool(effective.source) + bool(effective.assumed) != 1:
        raise InputError(at, "effective needs either a source or an assumption")
    cite = document.sources.get(effective.source, effective.source)
    if (effective.operations_per_s is None) == (effective.percent_of_peak is None):
        raise InputError(at, "effective needs either operations_per_s or percent_of_peak")
    if effective.operations_per_s is not None:
        return effective.operations_per_s, cite, effective.assumed
    if record.peak_operations_per_s is None:
        raise InputError(at, "percent_of_peak needs peak_operations_per_s")
    text = f"{effective.percent_of_peak:g} of the peak"
    return (
        effective.percent_of_peak * record.peak_operations_per_s,
        f"{text}, {cite}" if cite else "",
        f"{text}, {effective.assumed}" if effective.assumed else "",
    )


@cache
def _catalogue_macs() -> dict[str, float]:
    text = (files("instances.nodes") / "catalogue.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["macs"])
