"""The environment: facts about the machine and the packages that stand on every record."""

from __future__ import annotations

import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import psutil

from experiments.cgroup import delegated
from solvers.cores import cores

__all__ = ["cores", "environment", "package_versions", "routes", "solver_versions"]


@cache
def package_versions() -> dict[str, str]:
    """Return the versions of the workbench and of all that it depends on, ``absent`` where not installed."""
    import re

    try:
        needed = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in requires("tiercut") or ()]
    except PackageNotFoundError:
        needed = ["click", "deap", "matplotlib", "msgspec", "numba", "numpy", "onnx", "ortools", "pandas"]
        needed += ["psutil", "pulp", "pyomo", "pyswarms", "rich", "scipy", "topohub", "torch"]
    found = {}
    for name in ("tiercut", *sorted(set(needed), key=str.lower)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def environment() -> dict[str, Any]:
    """Return processor model, cores, memory, system, versions of packages and solvers, routes, and how limits are held."""
    return {
        "cpu": _cpu_model(),
        "cores": cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": package_versions(),
        "solvers": solver_versions(),
        "routes": routes(),
        "limits": {
            "memory": "psutil" if delegated() is None else "cgroup v2",
            "orphans": "subreaper" if sys.platform == "linux" else "process group",
        },
    }


@cache
def solver_versions() -> dict[str, str]:
    """Return the versions of the native solvers, as far as they tell; OR-Tools' own are those of its package."""
    packages = package_versions()
    carried = f"in OR-Tools {packages.get('ortools', 'absent')}"
    return {"cbc": _cbc_version(), "highs": carried, "scip": carried, "cp-sat": carried}


def routes() -> dict[str, str]:
    """Return the class through which models of any language reach each back end."""
    from solvers.backends.registry import backend, backend_names

    found = {}
    for name in backend_names():
        kind = type(backend(name))
        found[name] = f"{kind.__module__}.{kind.__qualname__}"
    return found


def _cbc_version() -> str:
    import re
    import warnings

    import pulp

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PuLP's plans for its next version
            path = pulp.PULP_CBC_CMD().path
        text = subprocess.run([path, "-quit"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return "absent"
    match = re.search(r"Version:?\s*(\S+)", text)
    return match[1] if match else "unknown"


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
