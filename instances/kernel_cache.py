"""Where compiled kernels are kept: a folder of their own for every version of their sources.

Numba's cache looks at the file of the function alone. A kernel that calls another from an edited
file would go on running the old code, under a version hash that names the new.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

__all__ = ["kernel_version", "use_kernel_cache"]

_ROOMS = ("instances", "formulations", "solvers")


def kernel_version(root: Path | None = None) -> str:
    """Return a hash of all source files that hold compiled functions, below `root` (default: this installation)."""
    top = root or Path(__file__).parents[1]
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((top / room).rglob("*.py")):
            source = path.read_bytes()
            if b"njit" in source:
                digest.update(path.relative_to(top).as_posix().encode() + b"\0" + source + b"\0")
    return digest.hexdigest()[:16]


def use_kernel_cache() -> Path | None:
    """Point Numba at the folder for these sources; call before the first kernel is defined.

    A folder that the user set by ``NUMBA_CACHE_DIR`` stays. Returns the folder, or None then.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return None
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    for base in (Path(home), Path(tempfile.gettempdir())):
        folder = base / "tiercut" / f"kernels-{kernel_version()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            # children inherit the variable; a Numba that is loaded already has to be told
            os.environ["NUMBA_CACHE_DIR"] = str(folder)
            if "numba" in sys.modules:
                sys.modules["numba"].config.CACHE_DIR = str(folder)
            return folder
    return None
