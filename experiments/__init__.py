"""How methods meet: studies, trials, the store, tables, figures and the command line.

The functions of the command line are here by name, loaded when first used::

    from experiments import generate, solve, compare, table
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.api import (
        Comparison,
        Solution,
        check,
        compare,
        generate,
        merge,
        rebuild_archive,
        solve,
        table,
        write_archive,
        write_report,
    )

__all__ = [
    "Comparison",
    "Solution",
    "check",
    "compare",
    "generate",
    "merge",
    "rebuild_archive",
    "solve",
    "table",
    "write_archive",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Load the functions when they are used, so that importing a part does not import every solver."""
    if name in __all__:
        from experiments import api

        return getattr(api, name)
    raise AttributeError(f"module 'experiments' has no attribute {name!r}")
