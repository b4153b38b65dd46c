"""The parameters of `lagrangian`."""

from __future__ import annotations

from dataclasses import dataclass

from instances.errors import InputError
from solvers.cluster_address import ClusterAddress
from solvers.contract import MethodParams

__all__ = ["LagrangianParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LagrangianParams(MethodParams):
    """Parameters of `lagrangian`.

    Parameters
    ----------
    sweeps : int
        Most passes over the tasks that the prices are improved by.
    dual_steps : int
        Most subgradient steps on memory prices, and on the prices of the number of users under equal shares.
    moves : int
        Trials of each annealing run among the options that the bound leaves; 0: none.
    table_options : int
        Largest option table by which bound and plan are refined once the passes without a table are done.
    cluster : str or None
        Dask workers that hold the tasks: ``local:4`` starts four on this machine, ``tcp://host:8786`` is the address of
        a scheduler; None: this process holds them. The result is the same.
    """

    sweeps: int = 200
    dual_steps: int = 300
    moves: int = 200_000
    table_options: int = 2_000_000
    cluster: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("sweeps", 1), ("dual_steps", 0), ("moves", 0), ("table_options", 0)):
            if getattr(self, name) < least:
                raise InputError(f"parameter {name}", f"must be >= {least}", getattr(self, name))
        if self.cluster is not None:
            ClusterAddress.read(self.cluster)
