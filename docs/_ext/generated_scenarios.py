"""Networks, node kinds, cost models and generators from their catalogues and registries."""

from __future__ import annotations

import inspect
import re
from math import inf

from markdown_tables import parameter_table, table

from instances.costs.model import cost_model_names, make_cost_model
from instances.generators.common import CommonParams
from instances.generators.registry import generator_names, get_generator
from instances.generators.sites import SiteParams
from instances.networks.catalogue import list_networks
from instances.nodes.catalogue import CatalogueEntry, kind_names, node_entry

__all__ = ["common_parameters", "cost_models", "generators", "kind_figures", "kinds", "networks", "site_parameters"]

# field, heading, unit, how many of the SI unit make one of it
_FIGURES = (
    ("operations_per_s", "effective rate", "Gflop/s", 1e9),
    ("peak_operations_per_s", "peak rate", "Gflop/s", 1e9),
    ("bytes_per_s", "memory bandwidth", "GB/s", 1e9),
    ("memory_bytes", "memory", "GiB", 2**30),
    ("idle_watts", "idle", "W", 1.0),
    ("busy_watts", "busy", "W", 1.0),
    ("transmit_watts", "sending", "W", 1.0),
)


def networks() -> str:
    """Return the table of the zoo."""
    rows = [
        (
            f"`{net.name}`",
            net.layers,
            net.cut_points,
            f"{net.multiply_adds / 1e9:.3f}",
            f"{net.parameters / 1e6:.2f}",
            f"{net.input_bytes / 1e3:.1f}",
            "" if net.accuracy is None else f"{100 * net.accuracy:.2f} %",
            net.source,
        )
        for net in list_networks()
    ]
    headings = ("network", "layers", "cut points", "GMAC", "parameters (10⁶)", "input (kB)", "accuracy", "source")
    return table(headings, rows, "lrrrrrrl")


def _figure(entry: CatalogueEntry, name: str, scale: float) -> str:
    value = getattr(entry.kind, name)
    if name in entry.unknown or value is None or value == inf:
        return "?"
    mark = "\N{NO-BREAK SPACE}ᵃ" if name in entry.assumed else ""
    return f"{value / scale:.4g}{mark}"


def kinds() -> str:
    """Return the table of node kinds."""
    rows = [
        (f"[`{name}`](kind-{name})", *(_figure(node_entry(name), field, scale) for field, _, _, scale in _FIGURES))
        for name in kind_names()
    ]
    headings = ("kind", *(f"{title} ({unit})" for _, title, unit, _ in _FIGURES))
    return table(headings, rows, "l" + "r" * len(_FIGURES))


def kind_figures() -> str:
    """Return a section for each node kind: every figure with its source, or why it was assumed."""
    parts = []
    for name in kind_names():
        entry = node_entry(name)
        parts.append(f"(kind-{name})=\n### `{name}`\n\n{entry.title}.\n")
        rows = []
        for field, title, unit, scale in _FIGURES:
            if field in entry.unknown or _figure(entry, field, scale) == "?":
                rows.append((title, "?", "not known"))
                continue
            reasons = [entry.sources[field]] if field in entry.sources else []
            reasons += [f"**assumed**: {entry.assumed[field]}"] if field in entry.assumed else []
            rows.append((title, f"{getattr(entry.kind, field) / scale:.4g} {unit}", "; ".join(reasons)))
        parts.append(table(("figure", "value", "source"), rows))
        if entry.latencies:
            found = [(f"`{one.network}`", f"{1e3 * one.seconds:.2f}", one.source) for one in entry.latencies]
            parts.append(table(("network", "published latency (ms)", "source"), found, "lrl"))
    return "\n".join(parts)


def cost_models() -> str:
    """Return a section for each cost model."""
    parts = []
    for name in cost_model_names():
        cls = type(make_cost_model(name))
        if not cls.__module__.startswith("instances."):
            continue
        doc = re.split(r"\n\n?Parameters\n-+\n", inspect.cleandoc(cls.__doc__ or ""))[0]
        parts.append(f"### `{name}`\n\n{doc}\n\n{parameter_table(cls)}")
    return "\n".join(parts)


def common_parameters() -> str:
    """Return the parameters that `line`, `metro` and `grid` share."""
    return parameter_table(CommonParams)


def site_parameters() -> str:
    """Return those that `metro` and `grid` share beside the common ones."""
    return parameter_table(SiteParams, own=True)


def generators() -> str:
    """Return a section for each generator: what it makes, and its own parameters."""
    parts = []
    for name in generator_names():
        one = get_generator(name)
        if not one.function.__module__.startswith("instances."):
            continue
        doc = re.split(r"\n\n?Parameters\n-+\n", inspect.cleandoc(one.function.__doc__ or ""))[0]
        beside = ""
        if issubclass(one.params, SiteParams):
            beside = (
                "Beside the [common parameters](#common-parameters) and those of [sites](#parameters-of-sites):\n\n"
            )
        elif issubclass(one.params, CommonParams):
            beside = "Beside the [common parameters](#common-parameters); a default below replaces the common one:\n\n"
        parts.append(f"### `{name}`\n\n{doc}\n\n{beside}{parameter_table(one.params, own=True)}")
    return "\n".join(parts)
