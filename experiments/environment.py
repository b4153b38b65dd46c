"""The environment: facts about the machine and the packages that stand on every record."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import psutil

__all__ = ["environment", "package_versions"]


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
    """Return processor model, cores, memory, operating system, Python and package versions."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": _cpu_model(),
        "cores": usable,
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": package_versions(),
    }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
