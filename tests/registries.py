"""What is registered in this process, kept and brought back: no test file sees what another one registered."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from experiments import plugins
from experiments.metrics import metric
from experiments.systems import system
from formulations import registry as families
from instances.costs import model
from instances.generators import registry as generators
from instances.nodes import catalogue
from solvers import registry as methods

__all__ = ["keep"]


def keep() -> Callable[[], None]:
    """Load all registries; return a function that brings back what they hold now, and forgets later plugins."""
    methods.method_names(), generators.generator_names(), model.cost_model_names(), metric.metric_names()
    families.family_names(), system.systems()
    tables: tuple[dict[str, Any], ...] = (
        methods._REGISTRY,
        generators._GENERATORS,
        model._MODELS,
        metric._METRICS,
        families._FAMILIES,
        families._FORMULATIONS,
        system._REGISTRY,
        catalogue._catalogue(),
    )
    kept, files = [dict(table) for table in tables], list(plugins._LOADED)
    names = {name for name in sys.modules if name.startswith("tiercut_plugin_")}

    def bring_back() -> None:
        for table, before in zip(tables, kept, strict=True):
            table.clear()
            table.update(before)
        plugins._LOADED[:] = files
        for name in [one for one in sys.modules if one.startswith("tiercut_plugin_") and one not in names]:
            del sys.modules[name]

    return bring_back
