"""Imported first by the fork server: nothing that a trial started outlives it, nor the runner that it serves."""

from __future__ import annotations

import atexit
import os
import warnings

from experiments.process_tree import end_all, subreaper

__all__: list[str] = []

_SERVER = os.getpid()


def _end_all_trials() -> None:
    if os.getpid() == _SERVER:  # not in a trial that is forked from here
        end_all(_SERVER)


subreaper()
# the server ends when it finds that the runner has closed its end of a pipe, even where the runner was killed
atexit.register(_end_all_trials)
# orphans that are adopted and ended are not among the children that the server knows
warnings.filterwarnings("ignore", message="forkserver: waitpid returned unexpected pid")
