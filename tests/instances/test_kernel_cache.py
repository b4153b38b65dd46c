"""Compiled kernels are kept by the version of all their sources."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from instances.kernel_cache import kernel_version

KERNEL = "from numba import njit\n"


def tree(root: Path, text: str) -> Path:
    (root / "solvers").mkdir(parents=True)
    (root / "solvers" / "kernel.py").write_text(KERNEL + text)
    (root / "solvers" / "plain.py").write_text("x = 1\n")
    return root


def test_a_change_of_any_kernel_file_is_another_version(tmp_path: Path) -> None:
    old, new = tree(tmp_path / "a", "# one\n"), tree(tmp_path / "b", "# two\n")
    assert kernel_version(old) != kernel_version(new)


def test_files_without_kernels_do_not_count(tmp_path: Path) -> None:
    one = tree(tmp_path / "a", "")
    before = kernel_version(one)
    (one / "solvers" / "plain.py").write_text("x = 2\n")
    assert kernel_version(one) == before


@pytest.mark.parametrize("first", ["import numba", "pass"])
def test_kernels_go_to_the_folder_of_their_version(tmp_path: Path, first: str) -> None:
    code = f"{first}\nimport formulations, numba\nprint(numba.config.CACHE_DIR)"
    clean = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path / "tiercut" / f"kernels-{kernel_version()}")


def test_a_folder_set_by_the_user_stays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import formulations, numba; print(numba.config.CACHE_DIR)"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path)
