"""Families of instances: the blocks of a study, by the fixed words of their labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from experiments.study import study_of
from instances.errors import InputError

__all__ = ["families_of"]


def families_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the family of each instance label of a study document.

    A block of instances is a family, named after the words of its label template that are not in braces, or after
    its generator where it has no template; blocks of one name are one family.
    """
    try:
        study = study_of(document)
    except InputError:  # a study of another version: every instance stands for itself
        return {}
    found = {}
    for grid in study.instances:
        words = re.sub(r"[#@]?\{\w+\}", " ", grid.label)
        name = re.sub(r"\s+", " ", words).strip(" -_,.#/:") or grid.generator or "files"
        for spec in grid.specs():
            found[spec.label] = name
    return found
