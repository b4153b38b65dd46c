"""What a plugin registers, and the suite for each kind of it."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.contracts.check import Check
from experiments.contracts.cost_models import check_cost_model
from experiments.contracts.generators import check_generator
from experiments.contracts.methods import check_method
from experiments.plugins import load_plugin
from instances.costs.model import cost_model_names, make_cost_model
from instances.errors import InputError
from instances.generators.registry import generator_names, get_generator
from solvers.registry import entry, method_names

__all__ = ["check_plugins"]


def check_plugins(paths: Sequence[str]) -> dict[tuple[str, str], list[Check]]:
    """Load the user's Python files and run the suite on all that they register.

    Returns
    -------
    dict of (kind, name) to list of Check
        Kinds are method, generator and cost model.

    Raises
    ------
    InputError
        If a file cannot be loaded, or none of them registers anything that has a suite.
    """
    modules = {load_plugin(path) for path in paths}
    found = {("method", name): check_method for name in method_names() if entry(name).cls.__module__ in modules}
    found |= {
        ("generator", name): check_generator
        for name in generator_names()
        if get_generator(name).function.__module__ in modules
    }
    found |= {
        ("cost model", name): check_cost_model
        for name in cost_model_names()
        if type(make_cost_model(name)).__module__ in modules
    }
    if not found:
        raise InputError(f"plugin {', '.join(paths)}", "must register a method, a generator or a cost model")
    return {(kind, name): suite(name) for (kind, name), suite in found.items()}
