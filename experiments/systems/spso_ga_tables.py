"""The tables of SPSO-GA's reproduction: gaps, runs, what is open, and the number of edge servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.systems.smart_iot import Runs
from experiments.systems.spso_ga_sensitivity import EdgeCounts, LeastEnergies
from formulations.score import relative_gap

__all__ = ["Compared", "edges_table", "gaps_table", "runs_table", "sensitivity_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What all methods found on one problem.

    Parameters
    ----------
    networks, deadline, figures, objective : str
        Which problem: "3 alexnet", "D3", the setting by name, "energy" or "price".
    runs : mapping of str to Runs
        By the column's name; heuristics without chance have one run.
    exact : float or None
        Value of the exact method's plan.
    bound : float or None
        What it proves that no plan is below.
    proven : bool
        Whether it proves its plan optimal.
    exact_s : float
        Seconds of the exact method.
    """

    networks: str
    deadline: str
    figures: str
    objective: str
    runs: Mapping[str, Runs]
    exact: float | None
    bound: float | None
    proven: bool
    exact_s: float

    @property
    def floor(self) -> float | None:
        """The proven optimum, else the bound."""
        return self.exact if self.proven else self.bound

    @property
    def place(self) -> dict[str, Any]:
        """The columns that say which problem it is."""
        return {name: getattr(self, name) for name in ("networks", "deadline", "objective", "figures")}


def gaps_table(rows: Sequence[Compared]) -> pd.DataFrame:
    """Return a row for each problem: the gap of every method's mean to the proven optimum or bound, and who missed."""
    names = list(dict.fromkeys(name for row in rows for name in row.runs))
    shown = []
    for row in rows:
        cells = row.place | {"exact": row.exact, "bound": row.bound, "exact [s]": row.exact_s}
        for name in names:
            runs = row.runs.get(name)
            cells[f"{name} gap [%]"] = None if runs is None else _percent(runs.mean, row.floor)
        cells["without a plan"] = ", ".join(
            f"{name} {runs.missed} of {runs.count}" for name, runs in row.runs.items() if runs.missed
        )
        shown.append(cells)
    return pd.DataFrame(shown)


def runs_table(rows: Sequence[Compared]) -> pd.DataFrame:
    """Return a row for each problem and method: its runs, those without a plan, least and mean value of the others."""
    return pd.DataFrame(
        row.place
        | {
            "method": name,
            "runs": runs.count,
            "without a plan": runs.missed,
            "least": runs.best if runs.values else None,
            "mean": runs.mean if runs.values else None,
            "gap of least [%]": _percent(runs.best, row.floor),
            "gap of mean [%]": _percent(runs.mean, row.floor),
            "least time [s]": runs.seconds,
        }
        for row in rows
        for name, runs in row.runs.items()
    )


def sensitivity_table(rows: Sequence[LeastEnergies]) -> pd.DataFrame:
    """Return a row for each setting: the least energy by the factor of the deadline, and where its layers run."""
    return pd.DataFrame(
        {
            "network": row.network,
            "cloud [MB/s]": row.cloud,
            "edges [MB/s]": row.edge,
            "unit [ms]": row.unit * 1e3,
            **{f"{factor:g} x HEFT": value for factor, value in zip(row.factors, row.optima, strict=True)},
            "D5 below D1 [%]": round(100 * row.fall, 6),
            "tiers from": _changes([f"{factor:g}" for factor in row.factors], row.tiers),
        }
        for row in rows
    )


def edges_table(rows: Sequence[EdgeCounts]) -> pd.DataFrame:
    """Return a row for each deadline: the least energy by the number of edge servers, and where its layers run."""
    return pd.DataFrame(
        {
            "network": row.network,
            "figures": row.figures,
            "deadline": row.deadline,
            **{f"{count} edges": value for count, value in zip(row.counts, row.optima, strict=True)},
            "tiers from": _changes([str(count) for count in row.counts], row.tiers),
        }
        for row in rows
    )


def _percent(value: float, floor: float | None) -> float | None:
    gap = relative_gap(value, floor) if np.isfinite(value) else None
    return None if gap is None else round(100 * gap, 6)


def _changes(marks: Sequence[str], tiers: Sequence[str]) -> str:
    """Return the tiers with the mark from which on they are used, as in ``edge+cloud 1, device 5``."""
    told = []
    for number, (mark, used) in enumerate(zip(marks, tiers, strict=True)):
        if number == 0 or used != tiers[number - 1]:
            told.append(f"{used or 'none'} {mark}")
    return ", ".join(told)
