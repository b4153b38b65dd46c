"""Frames of trials as the tests of metrics, statistics, figures and tables need them, without a store."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.tables.frame import MEASURES


def trial(label: str, title: str, value: float | None, **more: Any) -> dict[str, Any]:
    """One row, with what `more` says otherwise."""
    best, bound = more.pop("best_value", 9.0), more.pop("best_bound", 9.0)
    gap = None if value is None or bound is None else (value - bound) / abs(value)
    row = {
        "label": label,
        "family": "family",
        "title": title,
        "method": title,
        "repetition": 0,
        "instance": label,
        "tasks": 3,
        "problem": label,
        "trial": f"{label}/{title}/{more.get('repetition', 0)}",
        "status": "feasible" if value is not None else "none",
        "termination": "completed",
        "verdict": "feasible",
        "reason": "",
        "recovered": False,
        "value": value,
        "bound": None,
        "seconds": 1.0,
        "wall_seconds": 1.0,
        "peak_bytes": 1e6,
        **dict.fromkeys(MEASURES),
        "limit_s": 10.0,
        "tolerance": 1e-4,
        "horizon_s": 10.0,
        "best_value": best,
        "best_bound": bound,
        "gap": gap,
        "own_gap": None,
        "gap_to_best": None if value is None or best is None else (value - best) / abs(value),
        "proven": gap is not None and gap <= 1e-4,
        "code": "" if value is not None else "TL",
        "incumbents": [],
        "bounds": [],
    }
    return row | more


def frame_from(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The frame of these rows, numbers as floats."""
    frame = pd.DataFrame(rows)
    numbers = ["value", "bound", "seconds", "peak_bytes", *MEASURES, "limit_s", "horizon_s", "tolerance"]
    numbers += ["best_value", "best_bound", "gap", "own_gap", "gap_to_best"]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


def random_frame(
    methods: int, instances: int, *, repetitions: int = 1, seed: int = 0, missing: float = 0.0
) -> pd.DataFrame:
    """Methods that are worse the later they stand, with traces; a share of trials has no plan."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(instances):
        base = 10.0 * (1 + rng.random())
        for m in range(methods):
            for r in range(repetitions):
                value = base * (1.0 + 0.05 * m * rng.random())
                start = value * 1.5
                if rng.random() < missing:
                    rows.append(trial(f"i{i}", f"m{m}", None, repetition=r, best_value=base, best_bound=0.98 * base))
                    continue
                rows.append(
                    trial(
                        f"i{i}",
                        f"m{m}",
                        value,
                        repetition=r,
                        best_value=base,
                        best_bound=0.98 * base,
                        tasks=(5, 10, 20)[i % 3],
                        incumbents=[[0.01 * (m + 1), start], [0.1 * (m + 1), value]],
                        seconds=0.2 * (m + 1),
                    )
                )
    return frame_from(rows)
