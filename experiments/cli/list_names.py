"""``tiercut list``: what there is, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from experiments.cli.options import json_option, plugin_option, print_json


def _methods() -> list[dict[str, Any]]:
    from instances.parameters import describe_parameters
    from solvers.registry import entry, make, method_names, params_of

    return [
        {
            "name": name,
            "kind": one.kind,
            "summary": one.summary,
            "families": sorted(make(name).families),
            "citation": one.citation,
            "deterministic": one.deterministic,
            "anytime": one.anytime,
            "parameters": _parameters(describe_parameters(params_of(one.cls))),
        }
        for name in method_names()
        for one in [entry(name)]
    ]


def _networks() -> list[dict[str, Any]]:
    from instances.networks.catalogue import load_network, network_names

    return [
        {
            "name": net.name,
            "layers": len(net) - 1,
            "gmac": net.total_operations / 2e9,
            "parameter_mb": net.total_parameter_bytes / 1e6,
            "cut_points": len(net.cut_points()),
            "summary": net.source,
        }
        for net in map(load_network, network_names())
    ]


def _generators() -> list[dict[str, Any]]:
    from instances.generators.registry import generator_names, get_generator

    return [
        {"name": name, "summary": one.doc, "parameters": _parameters(one.parameters())}
        for name in generator_names()
        for one in [get_generator(name)]
    ]


def _formulations() -> list[dict[str, Any]]:
    from formulations.registry import formulations_of

    return [
        {"name": one.name, "family": one.family, "language": one.language, "summary": one.summary}
        for one in formulations_of()
    ]


def _kinds() -> list[dict[str, Any]]:
    from instances.nodes.catalogue import kind_names, node_kind

    return [
        {
            "name": name,
            "gflops": one.operations_per_s / 1e9,
            "memory_gb": one.memory_bytes / 1e9 if one.memory_bytes < float("inf") else None,
            "busy_watts": one.busy_watts,
            "idle_watts": one.idle_watts,
            "summary": one.source,
        }
        for name in kind_names()
        for one in [node_kind(name)]
    ]


def _cost_models() -> list[dict[str, Any]]:
    from instances.costs.model import cost_model_names, make_cost_model
    from instances.parameters import describe_parameters

    found = []
    for name in cost_model_names():
        cls = type(make_cost_model(name))
        summary = (cls.__doc__ or "").strip().split("\n")[0]
        found.append({"name": name, "summary": summary, "parameters": _parameters(describe_parameters(cls))})
    return found


def _metrics() -> list[dict[str, Any]]:
    from experiments.metrics.metric import metric, metric_names

    return [
        {"name": name, "unit": one.unit, "direction": one.direction, "summary": one.summary}
        for name in metric_names()
        for one in [metric(name)]
    ]


def _systems() -> list[dict[str, Any]]:
    from experiments.systems.catalogue import CATALOGUE, state_of

    return [
        {"number": one.number, "name": one.name, "family": one.family, "state": state_of(one), "summary": one.title}
        for one in CATALOGUE
    ]


def _parameters(described: dict[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {"type": kind, "default": default} for name, (kind, default) in described.items()}


_LISTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "methods": _methods,
    "networks": _networks,
    "generators": _generators,
    "formulations": _formulations,
    "kinds": _kinds,
    "cost-models": _cost_models,
    "metrics": _metrics,
    "systems": _systems,
}


@click.command("list", short_help="List what there is, by name.")
@click.argument("what", type=click.Choice(list(_LISTS)))
@plugin_option
@json_option
def command(what: str, plugins: tuple[str, ...], as_json: bool) -> None:
    r"""List methods, networks, generators, formulations, node kinds, cost models, metrics or published systems.

    \b
    Example:
      tiercut list methods
      tiercut list generators --json
    """
    from experiments.plain import plain
    from experiments.plugins import load_plugins

    load_plugins(plugins)
    rows = _LISTS[what]()
    if as_json:
        print_json(plain(rows))
        return
    _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    names = list(dict.fromkeys(key for row in rows for key in row if key not in ("parameters", "families")))
    names = [name for name in names if name != "summary"] + (["summary"] if rows and "summary" in rows[0] else [])
    names = [name for name in names if name not in ("citation", "deterministic", "anytime")]
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        numeric = any(isinstance(row.get(name), float | int) for row in rows)
        shown.add_column(name.replace("_", " "), justify="right" if numeric else "left", no_wrap=name == "name")
    for row in rows:
        cells = []
        for name in names:
            value = row.get(name)
            text = f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
            cells.append(Text(text, style="bold" if name == "name" else ""))
        shown.add_row(*cells)
        if row.get("parameters"):
            settings = ", ".join(f"{key}={p['default']}" for key, p in row["parameters"].items())
            shown.add_row(*[""] * (len(names) - 1), Text(settings, style="dim"))
    console.print(shown)
