"""Rejudge: every plan of a store before the referee again, without any solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from experiments.judge import BOUND_TOLERANCE, judge
from experiments.settings import options_of
from experiments.shelf import rebuild_instance
from experiments.store import Store
from experiments.tables.frame import refute
from formulations.registry import family
from formulations.score import Verdict
from instances.instance import Instance
from solvers.contract import SolutionStatus

__all__ = ["Finding", "rejudge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What judging a trial again found; `wrong` is empty where the trial stands."""

    trial: str
    instance: str
    method: str
    wrong: str


def rejudge(store: Store) -> Iterator[Finding]:
    """Judge every trial of `store` again and yield what was found.

    A trial is wrong where the referee says so, where the stored value is not the referee's, or where another
    method's plan refutes its bound or its claim.
    """
    rows = {row["id"]: row for row in store.trials()}
    refute(rows)

    @lru_cache(maxsize=4)
    def instance(sha256: str) -> Instance:
        stored = store.instance(sha256)
        if stored is None:
            raise LookupError(f"instance {sha256} is not in the store")
        return rebuild_instance(stored)

    for row in sorted(rows.values(), key=lambda r: (r["instance"], r["problem"], r["id"])):
        asked = dict(row["identity"]["problem"])
        chosen = asked.pop("family")
        problem = family(chosen).problem(instance(row["instance"]), options_of(chosen, asked))
        judged = judge(
            problem,
            store.plan(row["id"]),
            status=SolutionStatus(row["status"]),
            bound=row["bound"],
            tolerance=row["identity"]["budget"]["tolerance"],
        )
        wrong = judged.reason if judged.verdict is Verdict.WRONG else ""
        if not wrong and row["verdict"] == "wrong":
            wrong = row["reason"] or "recorded as wrong"
        if not wrong and (judged.value is None) != (row["value"] is None):
            wrong = f"the store says {row['value']}, the referee {judged.value}"
        if not wrong and judged.value is not None:
            off = abs(judged.value - row["value"])
            if off > BOUND_TOLERANCE * max(abs(judged.value), 1e-9):
                wrong = f"the store says {row['value']:.12g}, the referee {judged.value:.12g}"
        yield Finding(
            trial=row["id"],
            instance=problem.instance.name,
            method=row["identity"]["method"],
            wrong=wrong,
        )
