"""Imported once by the fork server: trials start from a process that has solvers and kernels in memory already."""

from __future__ import annotations

import contextlib
import gc
from importlib import import_module

from experiments.huge_pages import collapse_memory

_SERIAL = ("greedy", "best-reply")
"""Methods whose kernels start no threads: a process with threads must not be forked."""


def preload() -> None:
    """Import every method, and load the compiled kernels and decoders that most of them share."""
    import tempfile
    from pathlib import Path

    from experiments.worker import tiny_instance, warm_up
    from formulations.registry import family, family_names
    from solvers.contract import Budget
    from solvers.registry import method_names

    files = import_module("instances.files.instance_file")
    with tempfile.TemporaryDirectory(prefix="tiercut-") as folder:
        files.write_instance(tiny_instance(), Path(folder) / "tiny")
        files.read_instance(Path(folder) / "tiny")
    family_names()
    known = method_names()
    for name in _SERIAL:
        for sharing in ("optimal", "equal"):
            if name in known:
                warm_up(name, {}, family("joint"), family("joint").Options(sharing=sharing), Budget(seconds=60.0))


with contextlib.suppress(Exception):  # what fails here fails again in the trial that needs it, and is recorded there
    preload()

gc.collect()
gc.freeze()  # a collection in a trial would touch, and so copy, every page that it shares with the server
collapse_memory()
