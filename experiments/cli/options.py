"""Options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

__all__ = ["force_option", "json_option", "pairs", "plugin_option", "print_json", "set_option"]

F = TypeVar("F", bound=Callable[..., Any])


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Return ``key=value`` texts as a dictionary; a key may come once."""
    found = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise click.UsageError(f"{option} must be key=value, got {text!r}")
        if key.strip() in found:
            raise click.UsageError(f"{option} must name {key.strip()} once, got {text!r} too")
        found[key.strip()] = value.strip()
    return found


def set_option(help_text: str) -> Callable[[F], F]:
    """Return the option ``--set key=value``, which may be given many times."""
    return click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help=help_text)


def plugin_option(function: F) -> F:
    """Add ``--plugin FILE.py``."""
    return click.option(
        "--plugin", "plugins", multiple=True, metavar="FILE.py", help="Load your own Python file; may be repeated."
    )(function)


def json_option(function: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(function)


def force_option(function: F) -> F:
    """Add ``--force``."""
    return click.option("--force", is_flag=True, help="Allow more threads than this machine has cores.")(function)


def print_json(value: Any) -> None:
    """Print `value` as JSON."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))
