"""A data frame on a console: its text as it is, and blocks of columns where the console is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from experiments.systems.reproduction import cell_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

__all__ = ["console_tables"]

_WIDEST = 40
"""Characters of a line of text in a block; longer text goes on below."""
_UNBOUNDED = 100_000


def console_tables(frame: pd.DataFrame, console: Console) -> list[Table]:
    """Return the frame as one table, or as several of fewer columns where one is wider than the console.

    Parameters
    ----------
    frame : DataFrame
        Column names carry their units; numbers are shown to four significant digits.
    console : Console
        Whose width counts.

    Returns
    -------
    list of Table
        Each begins with the columns that tell the rows apart, or with the first one where they leave no room for
        another.
    """
    unbounded = console.options.update(width=_UNBOUNDED)  # else what a table needs is cut to the console's width

    def needs(columns: Sequence[int], *, narrow: bool = True) -> int:
        return int(console.measure(_table(frame, columns, narrow=narrow), options=unbounded).maximum)

    every = range(frame.shape[1])
    if needs(every, narrow=False) <= console.width:
        return [_table(frame, every, narrow=False)]
    keys = _keys(frame)
    if any(needs([*keys, column]) > console.width for column in every[len(keys) :]):
        keys = keys[:1]
    blocks = [list(keys)]
    for column in every[len(keys) :]:
        if len(blocks[-1]) > len(keys) and needs([*blocks[-1], column]) > console.width:
            blocks.append(list(keys))
        blocks[-1].append(column)
    return [_table(frame, block, narrow=True) for block in blocks]


def _keys(frame: pd.DataFrame) -> list[int]:
    """Return the leading columns that tell the rows apart; the first one where none but all of them do."""
    for n in range(1, frame.shape[1]):
        if not frame.iloc[:, :n].duplicated().any():
            return list(range(n))
    return [0] if frame.shape[1] else []


def _table(frame: pd.DataFrame, columns: Sequence[int], *, narrow: bool) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    texts = []
    for column in columns:
        heading, cells = str(frame.columns[column]), [cell_text(value) for value in frame.iloc[:, column].tolist()]
        number = frame.dtypes.iloc[column].kind in "iuf"
        if narrow:
            cells = [fill(cell, _WIDEST) if not number else cell for cell in cells]
            longest = max((len(line) for text in (*heading.split(), *cells) for line in text.split("\n")), default=1)
            heading = fill(heading, max(longest, 1), break_long_words=False)
        # text, not markup: a unit in brackets is no style
        shown.add_column(Text(heading), justify="right" if number else "left", no_wrap=narrow)
        texts.append([Text(cell) for cell in cells])
    for row in zip(*texts, strict=True):
        shown.add_row(*row)
    return shown
