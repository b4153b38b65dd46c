"""No record is lost or written twice, and nobody outlives a killed runner, whenever SIGKILL comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit import AUDIT
from tests.experiments.chaos import chaos


@pytest.mark.slow
def test_sweeps_survive_random_kills_of_runner_trials_and_workers(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    toll = chaos(tmp_path, seed=1000, sweeps=200 if AUDIT else 20)
    assert toll.runner_kills > toll.sweeps / 4
    assert toll.trial_kills > 0
    assert toll.worker_kills > 0
    record_property("cases", toll.sweeps)
