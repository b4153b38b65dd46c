"""A table of cells with ranks, stars and codes; renderers read it and round nothing themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

__all__ = ["CODES", "Cell", "Column", "Row", "Table", "decimals_for", "number_text", "ranked"]

CODES = {
    "TL": "time limit, no plan",
    "ML": "memory limit, no plan",
    "CR": "crashed",
    "WR": "wrong: the referee refutes what the method claims",
    "NA": "not applicable, declined or not run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell.

    Parameters
    ----------
    value : float or None
        The number, unrounded.
    text : str
        The number rounded, or a code of `CODES`, or a word; empty where there is nothing to say.
    code : bool
        Whether `text` is a code.
    star : bool
        Proven optimal.
    dagger : bool
        Not significantly worse than the best of its column.
    rank : int
        1 for the best of its column, 2 for the second, else 0.
    trials : tuple of str
        What it was computed from.
    """

    value: float | None = None
    text: str = ""
    code: bool = False
    star: bool = False
    dagger: bool = False
    rank: int = 0
    trials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: the group that it stands in, its title, its unit, which way is better, and its share of the width.

    A column of numbers has no share: it is as wide as its numbers. A column of words is set in that share of the page.
    """

    group: str
    title: str
    unit: str = ""
    direction: str | None = None
    share: float = 0.0

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of cells under a heading; neighbouring rows of one `group` stand together under its name."""

    heading: str
    cells: tuple[Cell, ...]
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: `rows` are compared with each other, `footer` rows are not; `notes` explain codes and reasons.

    `long` tables go over pages; `group_title` is what the groups of rows are.
    """

    name: str
    caption: str
    corner: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    footer: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    long: bool = False
    group_title: str = ""

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Neighbouring columns of one group, with their number."""
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found


def decimals_for(values: list[float], digits: int, *, fixed: bool) -> int:
    """Return the decimals that a whole column is printed with.

    Fixed, or so many that the smallest non-zero number has `digits` significant digits: numbers of one column align
    and ties are seen.

    Examples
    --------
    >>> decimals_for([0.0123, 45.6], 3, fixed=False)
    4
    """
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if fixed or not sizes:
        return digits
    return min(max(digits - 1 - math.floor(math.log10(min(sizes))), 0), 12)


def number_text(value: float, decimals: int) -> str:
    """Return `value` rounded, without a minus sign before zero."""
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf" if value < 0 else ""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def ranked(cells: list[Cell], direction: str | None) -> list[Cell]:
    """Return one column's cells with the best and the second marked; ties are decided on the rounded values."""
    if direction is None:
        return cells
    printed = [float(c.text) if c.value is not None and not c.code and c.text else None for c in cells]
    numbers = [number for number in printed if number is not None]
    if len(numbers) < 2:
        return cells
    levels = sorted(set(numbers), reverse=direction == "max")
    place = {level: rank for rank, level in enumerate(levels[:2], 1)}
    if numbers.count(levels[0]) > 1:
        place = {levels[0]: 1}  # two firsts leave no second
    return [
        cell if number is None else replace(cell, rank=place.get(number, 0))
        for cell, number in zip(cells, printed, strict=True)
    ]
