"""The contract of generators: pure, seeded, validated, and their instances survive a file."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from experiments.contracts.check import Check, checked, frozen_fault
from formulations.registry import family
from instances.errors import InputError
from instances.files.instance_file import read_instance, write_instance
from instances.generators.registry import Generator, generate, get_generator, make_params
from instances.instance import Instance

__all__ = ["GENERATOR_CHECKS", "check_generator"]

_LAYOUTS: tuple[Literal["json", "columnar"], ...] = ("json", "columnar")


def check_generator(name: str) -> list[Check]:
    """Run the suite on a registered generator, with few tasks where it has a parameter `tasks`.

    Returns
    -------
    list of Check
        One a clause, in the order of `GENERATOR_CHECKS`.

    Raises
    ------
    InputError
        If there is no such generator.
    """
    return checked(GENERATOR_CHECKS, get_generator(name))


def _small(one: Generator, seed: int = 1) -> Instance:
    return generate(one.name, {"tasks": "5"} if "tasks" in one.parameters() else {}, seed)


def _describes(one: Generator) -> str:
    return "" if one.doc else "the function needs a docstring: its first line is the summary"


def _freezes(one: Generator) -> str:
    if not is_dataclass(one.params):
        return "its parameters must be a dataclass"
    return frozen_fault(make_params(one.name, {}), "the parameters")


def _refuses(one: Generator) -> str:
    try:
        make_params(one.name, {"no_such_parameter": "1"})
    except InputError:
        return ""
    return "accepts a parameter that it does not have"


def _repeats(one: Generator) -> str:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - whoever draws from the global generators is found out
    first = _small(one)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    second = _small(one)
    return "" if first.sha256 == second.sha256 else "two calls with one seed gave two instances"


def _varies(one: Generator) -> str:
    found = {_small(one, seed).sha256 for seed in range(1, 5)}
    return "" if len(found) > 1 else "four seeds gave one instance: does it draw from the seed?"


def _survives(one: Generator) -> str:
    made = _small(one)
    with tempfile.TemporaryDirectory(prefix="tiercut-") as folder:
        for layout in _LAYOUTS:
            path = Path(folder) / layout
            write_instance(made, path, layout)
            if read_instance(path).sha256 != made.sha256:
                return f"its instance reads back as another one from a {layout} file"
    return ""


def _recalls(one: Generator) -> str:
    made = _small(one)
    recipe = made.provenance
    again = generate(str(recipe["generator"]), dict(recipe["parameters"]), int(recipe["seed"]))
    return "" if again.sha256 == made.sha256 else "its provenance gives another instance"


def _asks(one: Generator) -> str:
    joint = family("joint")
    joint.problem(_small(one), joint.Options())
    return ""


GENERATOR_CHECKS: dict[str, Callable[[Generator], str]] = {
    "describes itself": _describes,
    "has frozen parameters": _freezes,
    "refuses unknown parameters": _refuses,
    "repeats itself with the same seed": _repeats,
    "varies with the seed": _varies,
    "survives a file": _survives,
    "is made again from its provenance": _recalls,
    "poses a problem": _asks,
}
"""The clauses: each returns what is wrong, or an empty text."""
