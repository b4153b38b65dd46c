"""Instance statistics: how large the instances are, and what is known of their optima."""

from __future__ import annotations

from typing import Any

import pandas as pd

from experiments.shelf import rebuild_instance
from experiments.store import Store
from experiments.tables.cells import number_cell, trials_by
from experiments.tables.table import Column, Row, Table, decimals_for
from formulations.score import relative_gap
from instances.errors import InputError
from instances.system import Tier

__all__ = ["instance_statistics_table"]

_COUNTS = ("nets", "layers", "devices", "edges", "clouds")


def instance_statistics_table(store: Store, frame: pd.DataFrame, caption: str) -> Table:
    """Return one row an instance: tasks, networks, layers, nodes, best value, best bound and their gap."""
    first = frame.groupby("label", sort=False).first()
    trials = trials_by(frame, "label")
    counts = {sha: _counts(store, sha) for sha in dict.fromkeys(first["instance"])}
    decimals = {
        name: decimals_for(first[name].dropna().tolist(), 4, fixed=False) for name in ("best_value", "best_bound")
    }
    rows = []
    for label, row in first.iterrows():
        mine = trials[str(label)]
        value, bound = (None if pd.isna(row[name]) else float(row[name]) for name in ("best_value", "best_bound"))
        gap = relative_gap(value, bound)
        sizes = counts[row["instance"]]
        rows.append(
            Row(
                heading=str(label),
                cells=(
                    number_cell(row["tasks"], 0),
                    *(number_cell(sizes.get(name), 0) for name in _COUNTS),
                    number_cell(value, decimals["best_value"], mine),
                    number_cell(bound, decimals["best_bound"], mine),
                    number_cell(None if gap is None else 100.0 * gap, 2, mine),
                ),
            )
        )
    return Table(
        name="instance-statistics",
        caption=f"{caption}: instances" if caption else "Instances",
        corner="instance",
        columns=(
            *(Column(group="", title=name) for name in ("tasks", *_COUNTS)),
            Column(group="", title="best value"),
            Column(group="", title="best bound"),
            Column(group="", title="gap", unit="%"),
        ),
        rows=tuple(rows),
        notes=(
            "Nets: different networks; layers: of all of them together. Best value and bound: of any method in the store, "
            "by the referee and certified; their gap is what is not known about the optimum.",
        ),
        long=True,
    )


def _counts(store: Store, sha256: str) -> dict[str, Any]:
    """Return sizes out of the instance's file; nothing where the store keeps only its recipe."""
    stored = store.instance(sha256)
    if stored is None or stored.document is None:
        return {}
    try:
        instance = rebuild_instance(stored)
    except InputError:
        return {}
    return {
        "nets": len(instance.networks),
        "layers": sum(len(network) for network in instance.networks),
        "devices": len(instance.system.nodes_of(Tier.DEVICE)),
        "edges": len(instance.system.nodes_of(Tier.EDGE)),
        "clouds": len(instance.system.nodes_of(Tier.CLOUD)),
    }
