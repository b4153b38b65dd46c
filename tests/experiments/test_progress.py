"""The time left is told at the pace of the trials, once there is one."""

from __future__ import annotations

import pytest

from experiments.progress import TrialProgress


def test_the_first_trial_which_waits_for_compilers_sets_no_pace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr("experiments.progress.time.monotonic", lambda: now[0])
    with TrialProgress(12, 8) as progress:
        for at in (100.0, 102.0, 104.0, 106.0):
            now[0] = at
            progress.ended("line", "greedy", "1.0 completed")
    assert capsys.readouterr().err.splitlines() == [
        "8 of 12 trials have their record already",
        "[9/12] line · greedy: 1.0 completed",
        "[10/12] line · greedy: 1.0 completed, 4 s left",
        "[11/12] line · greedy: 1.0 completed, 2 s left",
        "[12/12] line · greedy: 1.0 completed",
    ]
