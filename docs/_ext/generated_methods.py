"""Methods, formulations, problem options and metrics from their registries."""

from __future__ import annotations

import re

from markdown_tables import parameter_table, table

from experiments.metrics.metric import metric, metric_names
from formulations.cut.problem import CutOptions
from formulations.joint.problem import JointOptions
from formulations.registry import formulations_of
from formulations.schedule.problem import ScheduleOptions
from solvers.contract import Budget
from solvers.registry import MethodEntry, entry, method_names, params_of

__all__ = [
    "budget",
    "cut_options",
    "formulations",
    "methods",
    "metrics",
    "overview",
    "problem_options",
    "schedule_options",
]

_KINDS = {
    "exact": "Exact methods",
    "bound": "Decomposition",
    "metaheuristic": "Metaheuristics",
    "matching": "Matching",
    "local-search": "Local search",
    "rule": "Rules that papers compare with",
    "learned": "Learned policies",
}


def _entries() -> list[MethodEntry]:
    order = list(_KINDS)
    own = (entry(name) for name in method_names())
    return sorted((one for one in own if one.cls.__module__.startswith("solvers.")), key=lambda e: order.index(e.kind))


def linked(citation: str) -> str:
    """Return `citation` with its DOIs as links."""
    return re.sub(r"doi (10\.\S+?)(?=[),;.]?(\s|$|\)))", r"[doi:\1](https://doi.org/\1)", citation)


def overview() -> str:
    """Return the table of all methods."""
    rows = [
        (
            f"[`{one.name}`](method-{one.name})",
            one.kind,
            ", ".join(sorted(one.cls.families)),
            "yes" if one.deterministic else "no",
            "yes" if one.anytime else "no",
            "yes" if one.uses_evaluations else "no",
            one.summary,
        )
        for one in _entries()
    ]
    return table(("method", "kind", "family", "deterministic", "anytime", "counts evaluations", "what it does"), rows)


def methods() -> str:
    """Return a section for each kind of method, in it one for each method."""
    parts: list[str] = []
    shown = ""
    for one in _entries():
        if one.kind != shown:
            shown = one.kind
            parts.append(f"## {_KINDS[shown]}\n")
        parts.append(f"(method-{one.name})=\n### `{one.name}`\n\n{one.summary}\n")
        details = _details(one)
        if details:
            parts.append(details + "\n")
        if one.citation:
            parts.append(f"*Source:* {linked(one.citation)}.\n")
        parts.append(parameter_table(params_of(one.cls)))
    return "\n".join(parts)


def _details(one: MethodEntry) -> str:
    """Return what the class's docstring says after its first line."""
    doc = (one.cls.__doc__ or "").strip().split("\n", 1)
    if len(doc) < 2:
        return ""
    lines = [line.strip() for line in doc[1].strip().splitlines()]
    return "\n".join(lines)


def formulations() -> str:
    """Return the table of mathematical models."""
    rows = [(f"`{one.name}`", one.family, one.language, one.summary) for one in formulations_of()]
    return table(("name", "family", "language", "what it is"), rows)


def problem_options() -> str:
    """Return the options of the family `joint`."""
    return parameter_table(JointOptions)


def cut_options() -> str:
    """Return the options of the family `cut`."""
    return parameter_table(CutOptions)


def schedule_options() -> str:
    """Return the options of the family `schedule`."""
    return parameter_table(ScheduleOptions)


def budget() -> str:
    """Return the fields of a budget."""
    return parameter_table(Budget)


def metrics() -> str:
    """Return the table of metrics."""
    rows = [
        (
            f"`{name}`",
            one.unit or "1",
            {"min": "lower", "max": "higher", None: "neither"}[one.direction],
            one.aggregation,
            one.summary,
        )
        for name in metric_names()
        for one in [metric(name)]
    ]
    return table(("metric", "unit", "better", "over instances", "meaning"), rows)
