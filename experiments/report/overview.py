"""The overview: what ran, on what, how it ended, and first of all what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.progress import duration
from experiments.study import Study

__all__ = ["Alarm", "Overview", "overview_of"]

_MOST_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Outcomes that a reader must see first: a heading, and lines (instance, method, repetition, reason)."""

    name: str
    heading: str
    lines: tuple[tuple[str, str, int, str], ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What ran, on what, and how it ended.

    Parameters
    ----------
    alarms : tuple of Alarm
        Unexplained and wrong outcomes, then trials without a record; empty where all is well.
    tiles : tuple of (str, str)
        Number and what it counts.
    facts, machines : tuple of (str, str)
        Names and values.
    """

    alarms: tuple[Alarm, ...]
    tiles: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    machines: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is unexplained or wrong."""
        return not any(alarm.name in ("unexplained", "wrong") for alarm in self.alarms)


def overview_of(
    study: Study,
    identity: str,
    frame: pd.DataFrame,
    ended: pd.DataFrame,
    machines: Mapping[str, Mapping[str, Any]],
    unexplained: Mapping[str, str],
) -> Overview:
    """Return the overview of a study.

    Parameters
    ----------
    study, identity : Study, str
        What was asked.
    frame : pandas.DataFrame
        From `experiments.tables.frame`.
    ended : pandas.DataFrame
        Indexed by trial: ``environment, finished, version`` of the study's trials that have a record.
    machines : mapping
        Facts about machines by identity.
    unexplained : mapping
        What is known of the trials that nobody can account for, by identity.
    """
    termination, verdict = frame["termination"].astype(str), frame["verdict"].astype(str)
    alarms = (
        _alarm("unexplained", "unexplained", frame[frame["trial"].isin(unexplained)], unexplained),
        _alarm("wrong", "wrong: the referee refutes what was claimed", frame[verdict == "wrong"]),
        _alarm("absent", "without a record", frame[termination == "not run"]),
    )
    covered = int((frame["code"] == "").sum())
    tiles = (
        (str(frame["label"].nunique()), "instances"),
        (str(frame["title"].nunique()), "methods"),
        (str(len(frame)), "trials"),
        (str(covered), "plans judged feasible"),
        (str(int(frame["proven"].sum())), "proven optimal"),
        (str(int((verdict == "wrong").sum())), "wrong"),
    )
    used = [machines[name] for name in sorted(set(ended["environment"])) if name in machines]
    return Overview(
        alarms=tuple(alarm for alarm in alarms if alarm.lines),
        tiles=tiles,
        facts=_facts(study, identity, frame, ended),
        machines=tuple(_machine(facts) for facts in used),
    )


def _alarm(name: str, heading: str, rows: pd.DataFrame, reasons: Mapping[str, str] | None = None) -> Alarm:
    columns = rows[["label", "title", "repetition", "reason", "trial"]].head(_MOST_LINES)
    lines = tuple(
        # what stderr said in full stands with the instance
        (str(a), str(b), int(c), next(iter((reasons or {}).get(str(trial), str(d)).strip().splitlines()), ""))
        for a, b, c, d, trial in columns.itertuples(index=False, name=None)
    )
    count = len(rows)
    what = f"{count} {'trial' if count == 1 else 'trials'} {heading}"
    return Alarm(name=name, heading=what, lines=lines, more=count - len(lines))


def _facts(study: Study, identity: str, frame: pd.DataFrame, ended: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    budget = study.budget
    limits = [
        f"{budget.seconds:g} s" if budget.seconds is not None else "",
        f"{budget.evaluations} evaluations" if budget.evaluations is not None else "",
        f"{budget.memory_bytes / 1e9:g} GB" if budget.memory_bytes is not None else "",
        f"{budget.threads} {'thread' if budget.threads == 1 else 'threads'}",
    ]
    endings = frame["termination"].astype(str).str.replace("_", " ").value_counts(sort=True)
    finished = sorted(str(at)[:19].replace("T", " ") for at in ended["finished"])
    seconds = float(frame["wall_seconds"].sum())
    facts = [
        ("study", study.name),
        ("identity", identity),
        ("seed", str(study.seed)),
        ("repetitions", str(study.repetitions)),
        ("budget of a trial", ", ".join(filter(None, limits))),
        ("tolerance of optimality", f"{budget.tolerance:g}"),
        ("how trials ended", ", ".join(f"{count} {name}" for name, count in endings.items())),
        ("recovered incumbents", str(int(frame["recovered"].sum()))),
        ("time of all trials", duration(seconds)),
    ]
    if finished:
        facts.append(("records from, to (UTC)", f"{finished[0]}, {finished[-1]}"))
    if study.plugins:
        facts.append(("plugins", ", ".join(study.plugins)))
    return tuple(facts)


def _machine(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value in facts.items():
        if key == "packages" and isinstance(value, Mapping):
            present = [f"{name} {version}" for name, version in value.items() if version != "absent"]
            found.append((key, ", ".join(present)))
        elif key == "memory_bytes" and isinstance(value, int | float):
            found.append(("memory", f"{value / 2**30:.1f} GiB"))
        elif isinstance(value, Mapping):
            found.append((key.replace("_", " "), ", ".join(f"{name}: {what}" for name, what in value.items())))
        else:
            found.append((key.replace("_", " "), str(value)))
    return tuple(found)
