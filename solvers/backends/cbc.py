"""COIN-OR CBC: the executable in PuLP's wheel, run on an MPS file, its bound read from its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pulp.apis import coin_api

from solvers.backends.contract import Availability, BackendState, MilpLimits, MilpResult, certified
from solvers.backends.linear_model import LinearModel
from solvers.backends.mps import mps_text
from solvers.contract import SolutionStatus, Termination

__all__ = ["Cbc"]

_OBJECTIVE = re.compile(r"^Objective value:\s+(\S+)", re.M)
_BOUND = re.compile(r"^Lower bound:\s+(\S+)", re.M)
_INCREMENT = 1e-5
"""CBC drops nodes that are not better than its incumbent by this much (its default `increment`)."""
_PRINTED = 1e-3
"""CBC prints its final bound with three decimals."""
_GRACE_S = 5.0


class Cbc:
    """CBC as a child process."""

    name = "cbc"
    most_threads: int | None = None

    def available(self) -> Availability:
        """Say whether the executable is there."""
        path = _executable()
        if path is None:
            return Availability(
                state=BackendState.NOT_FOUND,
                reason="PuLP's wheel has no CBC for this platform, and none is installed",
                remedy="install CBC (pip install pulp[cbc]), or take the back end highs",
            )
        if not os.access(path, os.X_OK):
            return Availability(
                state=BackendState.UNUSABLE, reason=f"{path} may not be executed", remedy="allow its execution"
            )
        return Availability(state=BackendState.AVAILABLE)

    def solve(
        self, model: LinearModel, limits: MilpLimits | None = None, *, start: Mapping[str, float] | None = None
    ) -> MilpResult:
        """Solve `model`; see `solvers.backends.contract.Backend`."""
        limits = limits or MilpLimits()
        path = _executable()
        if path is None:
            return MilpResult(
                status=SolutionStatus.NONE, termination=Termination.UNAVAILABLE, reason=str(self.available())
            )
        with tempfile.TemporaryDirectory(prefix="tiercut-cbc-") as folder:
            # names without blanks in the working directory: CBC splits its arguments at blanks
            Path(folder, "model.mps").write_text(mps_text(model), encoding="ascii")
            command = [path, "model.mps", "-timeMode", "elapsed", "-ratioGap", repr(limits.relative_gap)]
            if limits.threads > 1:
                command += ["-threads", str(limits.threads)]
            if limits.seconds is not None:
                command += ["-seconds", repr(limits.seconds)]
            if start:
                Path(folder, "start.txt").write_text(_start_text(model, start), encoding="ascii")
                command += ["-mipstart", "start.txt"]
            command += ["-branch", "-printingOptions", "all", "-solution", "solution.txt"]
            try:
                run = subprocess.run(
                    command,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=None if limits.seconds is None else limits.seconds + _GRACE_S,
                )
            except subprocess.TimeoutExpired:
                return MilpResult(
                    status=SolutionStatus.NONE,
                    termination=Termination.TIME_LIMIT,
                    reason="CBC did not stop at its limit and was ended",
                )
            solution = Path(folder, "solution.txt")
            text = solution.read_text(encoding="ascii") if solution.exists() else ""
        return _result(model, limits, run.stdout, text)


def _executable() -> str | None:
    """Return the path of PuLP's own CBC, or else of one that is installed."""
    bundled = Path(getattr(coin_api, "pulp_cbc_path", ""))
    return str(bundled.resolve()) if bundled.is_file() else shutil.which("cbc")


def _start_text(model: LinearModel, start: Mapping[str, float]) -> str:
    rows = [f"{i} x{i} {float(start[name])!r} 0" for i, name in enumerate(model.names) if name in start]
    return "\n".join(["Stopped on time - objective value 0.0", *rows, ""])


def _result(model: LinearModel, limits: MilpLimits, log: str, solution: str) -> MilpResult:
    """Read CBC's log and solution file.

    The first line of the solution file is its word: ``Optimal``, ``Infeasible``, ``Integer
    infeasible``, ``Unbounded``, or ``Stopped on time``, with ``(no integer solution ...)`` where
    the values that follow are those of a relaxation.
    """
    head, _, body = solution.partition("\n")
    if head.startswith(("Infeasible", "Integer infeasible")):
        return MilpResult(status=SolutionStatus.INFEASIBLE, termination=Termination.COMPLETED, reason=head)
    if head.startswith("Unbounded"):
        return MilpResult(status=SolutionStatus.NONE, termination=Termination.COMPLETED, reason="unbounded")
    optimal = head.startswith("Optimal")
    if not optimal and not head.startswith("Stopped on"):
        last = (head or log.strip() or "no output").splitlines()[-1]
        return MilpResult(status=SolutionStatus.NONE, termination=Termination.CRASHED, reason=f"CBC: {last}")
    termination = Termination.COMPLETED if optimal else Termination.TIME_LIMIT
    found = optimal or "no integer solution" not in head
    # a start or an early stop can leave "found" values of a relaxation behind: whole means whole
    values = _values(model, body) if found else None
    if values is not None and not (np.abs(values - np.round(values))[model.integer] <= 1e-5).all():
        values = None
    sense = -1.0 if model.maximise else 1.0
    bound = _bound(log, limits, optimal)
    if bound is not None:
        bound = certified(sense * bound + model.offset, model.maximise)
    if values is None:
        return MilpResult(status=SolutionStatus.NONE, termination=termination, bound=bound, reason=head)
    return MilpResult(
        status=SolutionStatus.OPTIMAL if optimal else SolutionStatus.FEASIBLE,
        termination=termination,
        values=dict(zip(model.names, values.tolist(), strict=True)),
        objective=model.objective(values),
        bound=bound,
    )


def _values(model: LinearModel, body: str) -> np.ndarray:
    values = np.zeros(len(model.names))
    for line in body.splitlines():
        parts = line.replace("**", "").split()
        if len(parts) >= 3 and parts[1].startswith("x"):
            values[int(parts[1][1:])] = float(parts[2])
    return values


def _bound(log: str, limits: MilpLimits, optimal: bool) -> float | None:
    """Return CBC's lower bound on its minimisation, lowered by what it rounds and gives away."""
    objective, printed = _OBJECTIVE.findall(log), _BOUND.findall(log)
    if optimal and objective:
        value = float(objective[-1])
        return value - limits.relative_gap * abs(value) - _INCREMENT
    if printed:
        return float(printed[-1]) - _PRINTED
    return None
