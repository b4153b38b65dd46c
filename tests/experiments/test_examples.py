"""Every example runs as it stands, from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.contracts.methods import check_method
from experiments.plugins import load_plugin

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_the_example_runs(path: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr == ""


def test_the_example_of_a_method_keeps_the_contract() -> None:
    load_plugin(ROOT / "examples" / "my_method.py")
    checks = check_method("coin")
    assert all(one.passed for one in checks), checks


def test_no_module_of_the_package_hides_a_function_of_the_twin() -> None:
    import experiments

    taken = {path.stem for path in Path(experiments.__file__).parent.iterdir()}
    assert taken.isdisjoint(experiments.__all__)
