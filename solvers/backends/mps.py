"""Models as MPS text in free form, for solvers that are programs of their own."""

from __future__ import annotations

import numpy as np

from solvers.backends.linear_model import LinearModel

__all__ = ["mps_text"]


def mps_text(model: LinearModel) -> str:
    """Return `model` as a minimisation in free MPS; column i is called ``x{i}``, row i ``r{i}``.

    Numbers are written so that they read back bit by bit. The constant stays out, and a
    maximisation is negated: the caller puts both back. Every column has an entry in the objective
    row, 0 where need be, because readers refuse bounds of columns that they have not met.
    """
    sense = -1.0 if model.maximise else 1.0
    low, high = model.row_lower, model.row_upper
    kinds = np.where(low == high, "E", np.where(np.isinf(low), np.where(np.isinf(high), "N", "L"), "G"))
    lines = ["NAME model FREE", "ROWS", " N cost"]
    lines += [f" {kind} r{i}" for i, kind in enumerate(kinds.tolist())]
    lines.append("COLUMNS")
    by_column = model.rows.tocsc()
    starts, rows, values = by_column.indptr.tolist(), by_column.indices.tolist(), by_column.data.tolist()
    inside = False
    for i, (cost, whole) in enumerate(zip((sense * model.cost).tolist(), model.integer.tolist(), strict=True)):
        if whole != inside:
            lines.append(f" M{i} 'MARKER' '{'INTORG' if whole else 'INTEND'}'")
            inside = whole
        lines.append(f" x{i} cost {cost!r}")
        lines += [f" x{i} r{rows[at]} {values[at]!r}" for at in range(starts[i], starts[i + 1])]
    if inside:
        lines.append(" M 'MARKER' 'INTEND'")
    lines.append("RHS")
    limits = np.where(kinds == "G", low, high).tolist()
    lines += [f" rhs r{i} {value!r}" for i, value in enumerate(limits) if value and np.isfinite(value)]
    both = np.flatnonzero((kinds == "G") & np.isfinite(high)).tolist()
    if both:
        lines.append("RANGES")
        lines += [f" range r{i} {float(high[i] - low[i])!r}" for i in both]
    lines.append("BOUNDS")
    for i, (lower, upper) in enumerate(zip(model.lower.tolist(), model.upper.tolist(), strict=True)):
        lines.append(f" MI bound x{i}" if lower == -np.inf else f" LO bound x{i} {lower!r}")
        lines.append(f" PL bound x{i}" if upper == np.inf else f" UP bound x{i} {upper!r}")
    lines.append("ENDATA\n")
    return "\n".join(lines)
