r"""Linear cuts below the square of a resource's load, stronger than its tangents.

A resource that the chosen options load with roots ``s`` costs ``(sum s)^2``. The tangent at ``t``
says ``(sum s)^2 >= 2 t sum s - t^2``. As every chosen option loads the resource whole or not at
all, more holds for every ``t >= 0``:

    (T)   (sum_p s_p z_p)^2  >=  sum_p phi_t(s_p) z_p - t^2,    phi_t(s) = 2 t s + max(s - t, 0)^2.

Proof. Let the chosen options be n heavy ones, ``a_i >= t`` with ``phi_t(a_i) = a_i^2 + t^2``, and
light ones that sum to B, with ``phi_t = 2 t s``. For n = 0, (T) is the tangent. For n >= 1,

    (sum a + B)^2 + t^2 - sum (a_i^2 + t^2) - 2 t B
        =  2 sum_{i<j} a_i a_j - (n - 1) t^2  +  2 B (sum a - t) + B^2  >=  0,

since the n (n - 1) / 2 products are each at least t^2 and ``sum a >= t``. At ``t = 0``, (T) says
that every user pays at least what it costs alone. (T) touches the square where the light options
sum to t and there is no heavy one, and where a heavy one is alone.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Array, FloatArray

__all__ = ["cut_coefficients", "first_points"]


def cut_coefficients(root: FloatArray, point: float | FloatArray) -> FloatArray:
    """Return phi_t(s) of (T) for every root in `root`, at ``t = point`` (one, or one a root).

    Examples
    --------
    >>> cut_coefficients(np.array([1.0, 3.0]), 2.0).tolist()
    [4.0, 13.0]
    """
    coefficients: FloatArray = 2.0 * point * root + np.maximum(root - point, 0.0) ** 2
    return coefficients


def first_points(loads: Array, *, fan: bool = False) -> tuple[float, ...]:
    """Return the points at which the cuts of one resource start: 0 and the loads known so far.

    Parameters
    ----------
    loads : array
        Loads ``y_r`` that the resource has in known plans or relaxations.
    fan : bool
        Also half of each and half as much again: a larger model that needs fewer rounds.

    Examples
    --------
    >>> first_points(np.array([2.0, 0.0, 2.0]))
    (0.0, 2.0)
    >>> first_points(np.array([2.0]), fan=True)
    (0.0, 1.0, 2.0, 3.0)
    """
    known = np.unique(loads[loads > 0])
    return (0.0, *np.unique(np.concatenate((0.5 * known, known, 1.5 * known)) if fan else known).tolist())
