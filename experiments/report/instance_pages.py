"""A page for each instance of a study: its numbers, its outcomes, its map, and the best plan of every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.metrics.metric import metric
from experiments.report.drawn_plan import cut_picture, no_scene, schedule_picture
from experiments.report.plain_numbers import short
from experiments.report.plan_picture import joint_plan, joint_scene
from experiments.report.system_map import map_of
from experiments.settings import options_of
from experiments.shelf import rebuild_instance
from experiments.store import Store
from experiments.tables.summary import metric_table
from experiments.tables.table import Cell, Column, Row, Table
from formulations.registry import family
from formulations.score import Score
from instances.errors import InputError
from instances.instance import Instance
from instances.system import Tier

__all__ = ["InstancePage", "instance_pages"]

_METRICS = ("value", "gap", "bound", "latency", "seconds", "peak-memory")

Scene = Callable[[Any], dict[str, Any]]
PlanPicture = Callable[[Any, Any, Score], dict[str, Any]]

PICTURES: dict[str, tuple[Scene, PlanPicture]] = {
    "joint": (joint_scene, joint_plan),
    "cut": (no_scene, cut_picture),
    "schedule": (no_scene, schedule_picture),
}
"""Problem family: what all its plans have in common, and what is shown of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstancePage:
    """What the report shows of one instance.

    Parameters
    ----------
    label : str
        As tables call it.
    facts : tuple of (str, str)
        Names and values.
    networks, outcomes : Table or None, Table
        The networks with their tasks; methods with their metrics and how they ended.
    picture : mapping
        Plain data for the pictures: ``map``, ``scene``, ``plans``; parts are absent where there is nothing to show.
    remark : str
        Why there is no picture.
    """

    label: str
    facts: tuple[tuple[str, str], ...] = ()
    networks: Table | None = None
    outcomes: Table
    picture: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""


def instance_pages(
    store: Store, frame: pd.DataFrame, identities: Mapping[str, Mapping[str, Any]]
) -> tuple[InstancePage, ...]:
    """Return the pages of a study's instances, in the study's order.

    Parameters
    ----------
    store : Store
        Where instances and plans are.
    frame : pandas.DataFrame
        From `experiments.tables.frame`.
    identities : mapping
        Identities of the trials that have a record.
    """
    return tuple(_page(store, str(label), part, identities) for label, part in frame.groupby("label", sort=False))


def _page(store: Store, label: str, part: pd.DataFrame, identities: Mapping[str, Mapping[str, Any]]) -> InstancePage:
    page = InstancePage(label=label, outcomes=outcome_table(part))
    stored = store.instance(str(part["instance"].iloc[0]))
    if stored is None:
        return replace(page, remark="The store does not have this instance.")
    recipe = stored.recipe
    made = f"{recipe['generator']}, seed {recipe['seed']}" if recipe.get("generator") else "from a file"
    facts = [("instance", stored.name), ("sha256", stored.sha256), ("made by", made), ("tasks", f"{stored.tasks:,}")]
    try:
        instance = rebuild_instance(stored)
    except InputError as error:
        return replace(page, facts=tuple(facts), remark=f"The instance cannot be read: {error}")
    asked = next((dict(identities[t]["problem"]) for t in part["trial"] if t in identities), None)
    facts += _instance_facts(instance)
    if asked is not None:
        facts.append(("problem", ", ".join(f"{key} {value}" for key, value in asked.items())))
    page = replace(page, facts=tuple(facts), networks=_network_table(instance))
    if asked is None:
        return replace(page, picture={"map": map_of(instance)}, remark="No trial has ended yet.")
    return _with_plans(page, store, part, instance, asked)


def _with_plans(
    page: InstancePage, store: Store, part: pd.DataFrame, instance: Instance, asked: dict[str, Any]
) -> InstancePage:
    picture: dict[str, Any] = {"map": map_of(instance)}
    name = str(asked.pop("family"))
    if name not in PICTURES:
        return replace(page, picture=picture, remark=f"There are no pictures of plans of the family {name}.")
    chosen, (scene, show) = family(name), PICTURES[name]
    problem = chosen.problem(instance, options_of(name, asked))
    plans = []
    good = part[(part["code"] == "") & part["value"].notna()]
    for title, mine in good.groupby("title", sort=False):
        best = mine.sort_values("value", kind="stable").iloc[0]
        document = store.plan(str(best["trial"]))
        if document is None:
            continue
        try:
            plan = chosen.plan_of(problem, document)
            score = chosen.evaluate(problem, plan)
            shown = show(problem, plan, score)
        except InputError as error:
            return replace(page, picture=picture, remark=f"A plan cannot be read: {error}")
        about: dict[str, Any] = {
            "method": str(title),
            "trial": str(best["trial"]),
            "value": short(float(best["value"]), 9),
        }
        about |= {
            "gap": short(float(best["gap"])),
            "work": [short(score.loads.get(f"{tier}_work", np.nan), 4) for tier in ("device", "edge", "cloud")],
        }
        plans.append(about | shown)
    plans.sort(key=lambda plan: plan["value"])
    remark = "" if plans else "No method has a plan."
    return replace(page, picture=picture | {"scene": scene(problem), "plans": plans}, remark=remark)


def outcome_table(part: pd.DataFrame) -> Table:
    """Return methods by metrics on one instance, with how the trials ended; the cells are those of the tables."""
    tables = [metric_table(part, name, "") for name in _METRICS]
    columns = [replace(table.columns[0], group="") for table in tables]
    columns += [Column(group="", title="ended"), Column(group="", title="reason")]
    rows = []
    for index, row in enumerate(tables[0].rows):
        mine = part[part["title"] == row.heading]
        endings = mine["termination"].astype(str).str.replace("_", " ") + mine["recovered"].map(
            {True: ", incumbent recovered", False: ""}
        )
        reasons = dict.fromkeys(reason for reason in mine["reason"].astype(str) if reason)
        words = (", ".join(dict.fromkeys(endings)), "; ".join(reasons))
        cells = (*(table.rows[index].cells[0] for table in tables), *(Cell(text=word) for word in words))
        rows.append(Row(heading=row.heading, cells=cells))
    notes = tuple(f"{m.title.capitalize()}: {m.summary}." for m in map(metric, _METRICS) if m.summary)
    return Table(
        name="outcomes", caption="Outcomes", corner="method", columns=tuple(columns), rows=tuple(rows), notes=notes
    )


def _instance_facts(instance: Instance) -> list[tuple[str, str]]:
    system, load = instance.system, instance.workload
    reach = np.diff(load.candidate_offsets)
    nodes = ", ".join(f"{len(system.nodes_of(t)):,} {t.name.lower()}" for t in Tier if len(system.nodes_of(t)))
    kinds: dict[str, int] = {}
    for resource in system.resources:
        kinds[resource.kind] = kinds.get(resource.kind, 0) + 1
    return [
        ("nodes", nodes),
        ("links, routes", f"{system.n_links:,}, {system.n_routes:,}"),
        ("shared resources", ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items())) or "none"),
        ("sites a task reaches", f"{reach.min()} to {reach.max()}"),
        ("tasks with a deadline", f"{int(np.isfinite(load.task_deadline_s).sum()):,}"),
        ("kinds of machines", ", ".join(kind.name for kind in system.kinds)),
    ]


def _network_table(instance: Instance) -> Table:
    use = np.bincount(instance.workload.task_network, minlength=len(instance.networks)).tolist()
    rows = []
    for net, tasks in zip(instance.networks, use, strict=True):
        numbers = (
            (tasks, 0),
            (len(net) - 1, 0),
            (len(net.cut_points()), 0),
            (net.total_operations / 2e9, 3),
            (net.total_parameter_bytes / 1e6, 1),
            (len(net.exits), 0),
            (len(net.variants), 0),
        )
        cells = tuple(Cell(value=float(number), text=f"{number:.{digits}f}") for number, digits in numbers)
        rows.append(Row(heading=net.name, cells=cells))
    titles = (("tasks", ""), ("layers", ""), ("cut points", ""), ("work", "GMAC"), ("weights", "MB"), ("exits", ""))
    columns = tuple(Column(group="", title=title, unit=unit) for title, unit in (*titles, ("variants", "")))
    return Table(name="networks", caption="Networks", corner="network", columns=columns, rows=tuple(rows))
