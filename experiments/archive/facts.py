"""What a store says of a study that readers of an artefact ask: completeness, deviations, machines, costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.manifest import manifest_of
from experiments.progress import duration
from experiments.store import Store

__all__ = ["ArchiveFacts", "archive_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """Facts of a study in a store.

    Parameters
    ----------
    trials, recorded, plans : int
        Trials of the study, those with a terminal record, those with a plan that the referee accepts.
    wrong, unexplained : int
        Refuted results, and endings that nobody can explain.
    endings : dict
        Trials by termination.
    deviations : tuple of str
        What did not go as the study asked, in words.
    environments : dict
        Machines that trials of the study ran on.
    methods : tuple of (title, name, versions)
        As they ran.
    kept, by_recipe : int
        Instances that are in the store whole, and those of which it has the recipe alone.
    files_missing : tuple of str
        Files that the study names and the archive lacks.
    work : str
        Time of all trials one after the other.
    finished : str
        Day of the last record, empty where there is none.
    """

    trials: int
    recorded: int
    plans: int
    wrong: int
    unexplained: int
    endings: dict[str, int]
    deviations: tuple[str, ...]
    environments: dict[str, dict[str, Any]]
    methods: tuple[tuple[str, str, tuple[str, ...]], ...]
    kept: int
    by_recipe: int
    files_missing: tuple[str, ...] = ()
    work: str
    finished: str


def archive_facts(store: Store, identity: str, frame: pd.DataFrame, missing: Iterable[str] = ()) -> ArchiveFacts:
    """Return the facts of a study, of which `frame` is; `missing` names files that could not be put in."""
    wanted = set(frame["trial"])
    rows = {row["id"]: row for row in store.trials() if row["id"] in wanted}
    machines = store.environments()
    environments = {
        key: machines[key] for key in sorted({row["environment"] for row in rows.values()}) if key in machines
    }
    wanted_instances = set(frame["instance"])
    documents = [one.document is not None for one in store.instances() if one.sha256 in wanted_instances]
    versions: dict[str, tuple[str, dict[str, None]]] = {}
    for title, method, trial in zip(frame["title"], frame["method"], frame["trial"], strict=True):
        _, seen = versions.setdefault(str(title), (str(method), {}))
        if trial in rows:
            seen[str(rows[trial]["identity"]["version"])] = None
    methods = tuple((title, method, tuple(seen)) for title, (method, seen) in versions.items())
    endings = {str(k): int(v) for k, v in sorted(frame["termination"].astype(str).value_counts().items())}
    gone = tuple(missing)
    noted = manifest_of(store, identity)["deviations"]
    return ArchiveFacts(
        trials=len(frame),
        recorded=len([t for t in frame["trial"] if t in rows]),
        plans=int((frame["code"] == "").sum()),
        wrong=int((frame["verdict"] == "wrong").sum()),
        unexplained=len(store.unexplained(identity)),
        endings=endings,
        deviations=tuple(_deviations(frame, endings, environments, methods, gone, noted)),
        environments=environments,
        methods=methods,
        kept=sum(documents),
        by_recipe=len(documents) - sum(documents),
        files_missing=gone,
        work=duration(float(frame["wall_seconds"].sum())),
        finished=max((str(row["finished"])[:10] for row in rows.values()), default=""),
    )


def _deviations(
    frame: pd.DataFrame,
    endings: dict[str, int],
    environments: dict[str, dict[str, Any]],
    methods: tuple[tuple[str, str, tuple[str, ...]], ...],
    missing: tuple[str, ...],
    noted: Mapping[str, Sequence[Any]],
) -> Iterable[str]:
    for name, text in (
        ("unexplained", "outcomes are unexplained"),
        ("forced", "runs were forced onto fewer cores than their threads"),
        ("interrupted", "runs were interrupted"),
        ("retried", "trials were run again after an ending that did not satisfy"),
    ):
        if noted[name]:
            yield f"{len(noted[name])} {text}"
    if endings.get("not run"):
        yield f"{endings['not run']} of {len(frame)} trials have no record"
    for name in ("crashed", "interrupted", "unsupported", "unavailable", "memory_limit", "time_limit"):
        if endings.get(name):
            count = endings[name]
            yield f"{count} {'trial' if count == 1 else 'trials'} ended as {name.replace('_', ' ')}"
    if frame["recovered"].astype(bool).any():
        yield f"{int(frame['recovered'].sum())} plans are the last incumbents of methods that were stopped from outside"
    if (frame["verdict"] == "wrong").any():
        yield f"{int((frame['verdict'] == 'wrong').sum())} results are refuted by the referee"
    if len(environments) > 1:
        yield f"trials ran in {len(environments)} environments"
    for title, _, versions in methods:
        if len(versions) > 1:
            yield f"trials of {title} ran on {len(versions)} versions of its code"
    for name in missing:
        yield f"{name} is not in the archive"
