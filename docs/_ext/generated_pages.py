"""Parts of the pages that are read off the code, so that they cannot go stale.

Each function of `PARTS` returns Markdown; `write_parts` writes them into ``docs/_generated``, from
where the pages include them. Published systems have a page each, written into ``docs/systems``. Sphinx loads this module as an extension and calls `setup`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import generated_commands
import generated_methods
import generated_records
import generated_scenarios
import generated_systems

__all__ = ["PARTS", "write_parts"]

FOLDER = Path(__file__).parents[1] / "_generated"
SYSTEMS = Path(__file__).parents[1] / "systems"

PARTS: dict[str, Callable[[], str]] = {
    "commands.md": generated_commands.commands,
    "methods.md": generated_methods.methods,
    "methods_overview.md": generated_methods.overview,
    "formulations.md": generated_methods.formulations,
    "problem_options.md": generated_methods.problem_options,
    "cut_options.md": generated_methods.cut_options,
    "schedule_options.md": generated_methods.schedule_options,
    "budget.md": generated_methods.budget,
    "metrics.md": generated_methods.metrics,
    "networks.md": generated_scenarios.networks,
    "kinds.md": generated_scenarios.kinds,
    "kind_figures.md": generated_scenarios.kind_figures,
    "cost_models.md": generated_scenarios.cost_models,
    "common_parameters.md": generated_scenarios.common_parameters,
    "site_parameters.md": generated_scenarios.site_parameters,
    "generators.md": generated_scenarios.generators,
    "instance_records.md": generated_records.instance_records,
    "network_records.md": generated_records.network_records,
    "plan_records.md": generated_records.plan_records,
    "systems_overview.md": generated_systems.overview,
}


def write_parts(folder: Path = FOLDER) -> None:
    """Write every part into `folder`; a file that would not change is left alone."""
    folder.mkdir(exist_ok=True)
    for name, make in PARTS.items():
        path, text = folder / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Write the parts before Sphinx reads the pages."""
    write_parts()
    generated_systems.write_pages(SYSTEMS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
