"""Blocks: repetitions collapsed, one row an instance, one column a method. The instance is the unit of every test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.metrics.metric import Metric
from instances.columns import FloatArray

__all__ = ["FEW", "blocks_of", "costs_of", "few_instances"]

FEW = 10
"""Below so many instances a test is printed with a warning."""


def blocks_of(frame: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return `metric` by instance and method, repetitions collapsed to their median.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `experiments.tables.frame.frame_of` gives it.
    metric : Metric
        What is compared.

    Returns
    -------
    pandas.DataFrame
        Index: labels of instances, columns: titles of methods, both in the study's order. NaN where no repetition
        has a number, or where one of them is wrong.
    """
    values = metric.of(frame).where(frame["code"] != "WR")
    wrong = frame["code"] == "WR"
    keys = [frame["label"], frame["title"]]
    medians = values.groupby(keys, sort=False).median()
    refuted = wrong.groupby(keys, sort=False).any()
    table = medians.mask(refuted).unstack("title")
    return table.reindex(index=frame["label"].unique(), columns=frame["title"].unique())


def costs_of(blocks: pd.DataFrame, direction: str | None) -> FloatArray:
    """Return `blocks` as an array in which less is better and nothing is worse than a missing value.

    Missing values become infinite: a method without a plan lost against every method with one. Numbers are rounded
    to a billionth of what is usual on their instance, so that ranks do not hang on the last bits.
    """
    values = blocks.to_numpy(dtype=np.float64)
    sizes = np.where(np.isfinite(values), np.abs(values), 0.0)
    usual, largest = np.median(sizes, axis=1), sizes.max(axis=1, initial=0.0)
    size = np.where(usual > 0, usual, np.where(largest > 0, largest, 1.0))
    decimals = 9 - np.ceil(np.log10(size)).astype(int)  # decimal places: what was printed alike stays alike
    rounded = [np.round(row, places) for row, places in zip(values, decimals.tolist(), strict=True)]
    costs = np.array(rounded).reshape(values.shape) * (-1.0 if direction == "max" else 1.0)
    costs[np.isnan(values)] = np.inf
    return np.asarray(costs, dtype=np.float64)


def few_instances(count: int) -> str:
    """Return the warning that belongs beside a test on `count` instances; empty from `FEW` on."""
    if count >= FEW:
        return ""
    return f"Only {count} instance{'s' if count != 1 else ''}: tests on fewer than {FEW} have little power."
