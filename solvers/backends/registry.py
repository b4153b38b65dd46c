"""The back ends by name."""

from __future__ import annotations

from typing import Literal, get_args

from instances.errors import InputError
from solvers.backends.cbc import Cbc
from solvers.backends.contract import Backend
from solvers.backends.math_opt import Highs, Scip
from solvers.contract import Budget

__all__ = ["BackendName", "backend", "backend_names", "decline_backend"]

BackendName = Literal["cbc", "highs", "scip"]
_ALL: tuple[Backend, ...] = (Cbc(), Highs(), Scip())
_BACKENDS = {entry.name: entry for entry in _ALL}


def backend_names() -> tuple[str, ...]:
    """Return the names of all back ends."""
    return get_args(BackendName)


def backend(name: str) -> Backend:
    """Return back end `name`; InputError where there is none."""
    if name not in _BACKENDS:
        raise InputError("back end", f"must be one of {', '.join(backend_names())}", name)
    return _BACKENDS[name]


def decline_backend(name: str, budget: Budget) -> str | None:
    """Return why back end `name` cannot run here, or not on the budget's threads; None where it can."""
    solver = backend(name)
    state = solver.available()
    if not state:
        return str(state)
    if solver.most_threads is not None and budget.threads > solver.most_threads:
        return f"{solver.name} runs on one thread here; set threads=1, or backend=cbc or highs"
    return None
