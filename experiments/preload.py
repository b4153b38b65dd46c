"""Imported once by the fork server: trials start from a process that has every solver in memory already."""

from __future__ import annotations

import contextlib
from importlib import import_module

with contextlib.suppress(Exception):  # what cannot be imported here is reported by the trial that needs it
    from formulations.registry import family_names
    from instances.generators.registry import generator_names
    from solvers.registry import method_names

    import_module("instances.files.instance_file")
    generator_names()
    family_names()
    method_names()
