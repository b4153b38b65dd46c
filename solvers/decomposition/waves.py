"""In which order a pass takes the tasks, so that threads work side by side without getting in each other's way.

Tasks are sorted by their first site and cut into lanes, so that lanes share few resources but the clouds. Each lane deals
its tasks in turn to waves. A lane sees its own moves at once and those of the other lanes when the wave ends; by then
few users of a cloud have moved. The order does not depend on the number of threads.
Many tasks get more lanes, so that more workers can take part.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from instances.columns import Array, IntArray

__all__ = ["lanes_of", "order_by_lanes", "spans_of"]

_LANES = 4
_TASKS_A_LANE = 250_000
_FEW = 2_000
_TASKS_A_WAVE = 200
_MOST_WAVES = 12


def _shape(n_tasks: int) -> tuple[list[int], int]:
    """Return the bounds of the lanes among the sorted tasks, and the number of waves; few tasks go one by one."""
    if n_tasks < _FEW:
        return [0, n_tasks], 1
    lanes = max(_LANES, n_tasks // _TASKS_A_LANE)
    bounds = np.linspace(0, n_tasks, lanes + 1).astype(int).tolist()
    return bounds, min(_MOST_WAVES, n_tasks // _TASKS_A_WAVE)


@lru_cache(maxsize=64)
def lanes_of(n_tasks: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return the waves of a pass over tasks in the order of `order_by_lanes`, each as the spans of its lanes."""
    bounds, waves = _shape(n_tasks)
    sizes = [len(range(wave, end - begin, waves)) for wave in range(waves) for begin, end in pairwise(bounds)]
    spans = list(pairwise(np.concatenate(([0], np.cumsum(sizes))).tolist()))
    lanes = len(bounds) - 1
    return tuple(tuple(spans[wave * lanes : (wave + 1) * lanes]) for wave in range(waves))


def spans_of(n_tasks: int) -> list[tuple[int, int]]:
    """Return the lanes of all waves in turn: what can be worked on side by side where nothing moves."""
    return [span for wave in lanes_of(n_tasks) for span in wave]


def order_by_lanes(first_site: Array, first_alike: IntArray) -> IntArray:
    """Return the tasks in the order in which passes take them, shape (n_tasks,).

    Parameters
    ----------
    first_site : int array, shape (n_tasks,)
        Where each task's first candidate is; -1 where it has none.
    first_alike : int array, shape (n_tasks,)
        The first task that is like each task: tasks that are alike follow each other.

    Examples
    --------
    >>> order_by_lanes(np.array([2, 0, 1]), np.array([0, 1, 0])).tolist()
    [0, 2, 1]
    """
    bounds, waves = _shape(len(first_site))
    together: IntArray = np.argsort(first_alike, kind="stable")
    if waves == 1:
        return together
    by_site = together[np.argsort(first_site[together], kind="stable")]
    lanes = [_dealt(by_site[begin:end], first_alike, waves) for begin, end in pairwise(bounds)]
    order: IntArray = np.concatenate([lane[wave] for wave in range(waves) for lane in lanes])
    return order


def _dealt(lane: IntArray, first_alike: IntArray, waves: int) -> list[IntArray]:
    """Deal the tasks of a lane in turn to waves of set sizes, each group of alike tasks to one wave as far as it fits."""
    apart = np.diff(first_alike[lane]) != 0
    if apart.all():
        return [lane[wave::waves] for wave in range(waves)]
    turn = np.concatenate(([0], np.cumsum(apart))) % waves
    sizes = [len(range(wave, len(lane), waves)) for wave in range(waves)]
    return np.split(lane[np.argsort(turn, kind="stable")], np.cumsum(sizes)[:-1])
