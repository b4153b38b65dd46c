"""The look of all figures: a colour-blind palette, line styles and markers, so that none stands on colour alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from instances.errors import InputError
from instances.files.replacing import replacing

__all__ = ["LINES", "MARKERS", "PALETTE", "look", "picture_bytes", "save", "style_of", "write_picture"]

# Okabe and Ito, "Color universal design" (2008), yellow darkened for white paper
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B5B5B", "#B8A800")
LINES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", (0, (5, 2)), (0, (1, 1)), (0, (5, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "d")

_RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.5,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,
    "text.parse_math": False,  # a user's label may hold a dollar
    "figure.dpi": 100,
    "savefig.dpi": 200,
}

_NO_DATE: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "png": {"Software": None},
}


@contextmanager
def look() -> Iterator[None]:
    """Draw within this block to have the look."""
    with mpl.rc_context(_RC):
        yield


def style_of(index: int) -> tuple[str, str | tuple[int, tuple[int, ...]], str]:
    """Return colour, line style and marker number `index`; no two of the first 32 agree in colour and line."""
    return (
        PALETTE[index % len(PALETTE)],
        LINES[(index // len(PALETTE)) % len(LINES)],
        MARKERS[index % len(MARKERS)],
    )


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write `figure` as PDF and PNG; the bytes depend on the figure alone."""
    FigureCanvasAgg(figure)
    written = []
    for ending in ("pdf", "png"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=ending, metadata=_NO_DATE[ending], bbox_inches="tight", pad_inches=0.08)
        path = stem.with_name(f"{stem.name}.{ending}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(buffer.getvalue())
        written.append(path)
    return written


def picture_bytes(make: Callable[[], Figure], ending: str) -> bytes:
    """Return the figure that `make` returns as a file of ``svg``, ``pdf`` or ``png``; it depends on the figure alone."""
    buffer = io.BytesIO()
    with look(), mpl.rc_context({"svg.hashsalt": "tiercut", "svg.fonttype": "none"}):
        figure = make()
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format=ending, metadata=_NO_DATE[ending], bbox_inches="tight", pad_inches=0.08)
    return buffer.getvalue()


def write_picture(make: Callable[[], Figure], path: str | Path) -> None:
    """Write the figure that `make` returns as SVG, PDF or PNG; the bytes depend on the figure alone.

    Raises
    ------
    InputError
        If the ending is another.
    """
    path = Path(path)
    ending = path.suffix.lower().lstrip(".")
    if ending not in _NO_DATE:
        raise InputError("picture", "must end in .svg, .pdf or .png", str(path))
    picture = picture_bytes(make, ending)
    with replacing(path) as file:
        file.write(picture)
