"""The Slurm example runs its study on the jobs that it submits; a stand-in for sbatch runs them on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.store import Store

ROOT = Path(__file__).parents[3]

SBATCH = """#!/bin/sh
setsid sh "$1" > "$SLURM_STAND_IN/job-$$.out" 2>&1 &
echo $! >> "$SLURM_STAND_IN/jobs"
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
for job in "$@"; do kill -TERM -- "-$job"; done
"""


@pytest.mark.slow
def test_the_slurm_example_runs_its_study_on_the_jobs_it_submits(tmp_path: Path) -> None:
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SLURM_STAND_IN": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "slurm_cluster.py"), "2"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "best-reply" in done.stdout
    assert "dashboard http://" in done.stderr
    assert len((tmp_path / "jobs").read_text().split()) == 2
    with Store(tmp_path / "results" / "on-slurm" / "store.sqlite") as store:
        assert {row["termination"] for row in store.rows("trial")} == {"completed"}
        assert len(list(store.rows("trial"))) == 6
