"""The machines of the study, and what the authors' material leaves open.

Every server has a speed p, cores c, and energies a unit of time while it is on (e^r), at switching on (e^s) and a unit
of busy time (e^c). Bandwidths, prices and the unit of time are not published: they are parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.columns import FloatArray
from instances.errors import InputError
from instances.system import Tier

__all__ = ["CLOUD", "DEVICE", "EDGE_SPEEDS", "N_DEVICES", "OpenFigures", "Server", "edge_servers"]

N_DEVICES = 10
EDGE_SPEEDS = {
    2: (0.8, 1.2),
    4: (1.0, 0.8, 1.2, 1.5),
    6: (1.0, 0.9, 0.8, 1.2, 1.3, 1.5),
    8: (1.0, 0.9, 0.8, 1.2, 1.3, 1.5, 1.1, 1.4),
    10: (0.8, 0.9, 1.0, 1.1, 1.2, 1.2, 1.3, 1.3, 1.4, 1.5),
}
"""Speeds of the edge servers by their number."""
_EDGE_ENERGY = {
    0.8: (0.18, 0.18),
    0.9: (0.19, 0.19),
    1.0: (0.2, 0.2),
    1.1: (0.2, 0.2),
    1.2: (0.22, 0.22),
    1.3: (0.24, 0.25),
    1.4: (0.26, 0.26),
    1.5: (0.27, 0.27),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server of the study: `running` and `computing` energy a unit of time, `switching` once."""

    tier: Tier
    speed: float
    cores: int
    running: float
    switching: float
    computing: float


DEVICE = Server(tier=Tier.DEVICE, speed=0.5, cores=1, running=0.1, switching=30.0, computing=0.1)
CLOUD = Server(tier=Tier.CLOUD, speed=2.0, cores=8, running=0.3, switching=60.0, computing=0.3)


def edge_servers(count: int) -> tuple[Server, ...]:
    """Return the edge servers of a system with `count` of them: 2, 4, 6, 8 or 10."""
    if count not in EDGE_SPEEDS:
        raise InputError("edges", f"must be one of {', '.join(map(str, EDGE_SPEEDS))}", count)
    return tuple(
        Server(
            tier=Tier.EDGE,
            speed=speed,
            cores=4,
            running=_EDGE_ENERGY[speed][0],
            switching=45.0,
            computing=_EDGE_ENERGY[speed][1],
        )
        for speed in EDGE_SPEEDS[count]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFigures:
    """What is not published, with our defaults.

    Parameters
    ----------
    megabytes_per_s : tuple of three tuples of three floats
        Bandwidth between two machines by their tiers (device, edge, cloud); symmetric.
    time_unit_s : float
        Of the energies a unit of time. A millisecond: with a second the energy would be that of switching on alone.
    input_bytes : float
        Of the picture.
    price_per_hour : tuple of three floats
        Of a device, an edge server and the cloud at speed 1, times the speed (for the cost-driven objective).
    price_per_gigabyte : tuple of three tuples of three floats
        Between two machines by their tiers; symmetric.
    """

    megabytes_per_s: tuple[tuple[float, float, float], ...] = ((10.0, 10.0, 2.0), (10.0, 10.0, 2.0), (2.0, 2.0, 2.0))
    time_unit_s: float = 1e-3
    input_bytes: float = 0.6e6
    price_per_hour: tuple[float, float, float] = (0.01, 0.15, 0.1)
    price_per_gigabyte: tuple[tuple[float, float, float], ...] = ((0.01, 0.01, 0.1), (0.01, 0.01, 0.1), (0.1, 0.1, 0.1))

    def __post_init__(self) -> None:
        for name in ("megabytes_per_s", "price_per_gigabyte"):
            rows: FloatArray = np.array(getattr(self, name), dtype=float)
            if rows.shape != (3, 3) or not np.array_equal(rows, rows.T):
                raise InputError(f"smart-iot {name}", "must be a symmetric table of 3 x 3 numbers", getattr(self, name))
            least = 1e-9 if name == "megabytes_per_s" else 0.0
            if not ((rows >= least) & np.isfinite(rows)).all():
                raise InputError(f"smart-iot {name}", "must be finite and > 0 (prices >= 0)", getattr(self, name))
        for name in ("time_unit_s", "input_bytes"):
            if not 0 < getattr(self, name) < np.inf:
                raise InputError(f"smart-iot {name}", "must be finite and > 0", getattr(self, name))
        if len(self.price_per_hour) != 3 or not all(0 <= one < np.inf for one in self.price_per_hour):
            raise InputError("smart-iot price_per_hour", "must be three finite numbers >= 0", self.price_per_hour)
