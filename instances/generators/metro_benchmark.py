"""The named instances of the scale benchmark: `metro` with everything set but size, load and seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from instances.errors import InputError
from instances.generators.common import ALL_VISION, at_least, at_most
from instances.generators.metro import MetroParams, metro
from instances.generators.registry import generator
from instances.instance import Instance

__all__ = ["MetroBenchmarkParams", "benchmark_seeds", "metro_benchmark"]

Load = Literal["low", "middle", "high"]
_LOADS: dict[str, float] = {"low": 0.5, "middle": 1.0, "high": 2.0}
_SEEDS_OF_SMALL = {
    10: (5, 11, 18, 37, 38),
    20: (1, 5, 8, 9, 11),
    30: (1, 5, 7, 8, 11),
    50: (1, 5, 7, 8, 9),
    100: (1, 3, 4, 7, 8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetroBenchmarkParams:
    """Parameters of `metro-benchmark`.

    Parameters
    ----------
    tasks : int
        Number of tasks; there is one edge site a hundred tasks, but at least 4.
    load : str
        How many tasks share what is shared: ``low``, ``middle`` (twice as many) or ``high`` (four times as many).
    """

    tasks: int = 100
    load: Load = "middle"

    def __post_init__(self) -> None:
        at_least(self, 1, "tasks")
        at_most(self, 2**31 - 2**24, "tasks")
        if self.load not in get_args(Load):
            raise InputError("parameter load", f"must be one of {', '.join(get_args(Load))}", self.load)


@generator("metro-benchmark", MetroBenchmarkParams)
def metro_benchmark(params: MetroBenchmarkParams, seed: int) -> Instance:
    """Generate the instances of the scale benchmark: all vision networks, 3 candidate sites, weights 1 to 10.

    Three kinds of devices of similar speed cut the networks whose tensors shrink early; the fourth, a desktop computer,
    keeps heavy networks to itself. Every device has a slice of its cell's band: where cells are shared, sending costs the
    square root of what is sent, and hardly a sixth of the tasks gain by a cut.

    Parameters
    ----------
    params : MetroBenchmarkParams
        Size and load.
    seed : int
        Seed of everything drawn.

    Returns
    -------
    Instance
        Positions in metres.
    """
    return metro(
        MetroParams(
            tasks=params.tasks,
            networks=(ALL_VISION,),
            device_kinds=("raspberry-pi-3b-plus", "raspberry-pi-4", "cortex-a76", "i7-12700k"),
            edge_kinds=("k80",),
            cloud_kinds=("rtx-2080",),
            device_spread=0.15,
            edge_spread=0.1,
            edge_tasks_per_server=3.0,
            cloud_tasks_per_server=0.3,
            cell_hz_per_task=11e6,
            reserved=1.0,
            backhaul_bytes_per_s_per_task=100e6 / 8,
            shadowing_db=8.0,
            reach=3,
            range_m=1e9,
            weight_low=1,
            weight_high=10,
            load=_LOADS[params.load],
        ),
        seed,
    )


def benchmark_seeds(tasks: int) -> tuple[int, ...]:
    """Return the five seeds of the named instances with so many tasks.

    Every named instance uses all tiers: in its optimal plan at the middle load device, edge and cloud each do at least a
    tenth of the work, and at least a fifth of the tasks is split. Small draws scatter, so that those of 10, 20, 30, 50
    and 100 tasks are the first five seeds of which this holds. From 300 tasks on it holds of the seeds 1 to 5.

    Parameters
    ----------
    tasks : int
        Number of tasks.

    Returns
    -------
    tuple of int
        Seeds of `metro-benchmark`; the same at every load.
    """
    return _SEEDS_OF_SMALL.get(tasks, (1, 2, 3, 4, 5))
