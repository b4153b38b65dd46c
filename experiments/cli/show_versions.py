"""``tiercut show-versions``: facts for a bug report."""

from __future__ import annotations

import click

from experiments.cli.options import json_option, print_json


@click.command("show-versions", short_help="Versions, for a bug report.")
@json_option
def command(as_json: bool) -> None:
    r"""Show the versions of everything that matters, for a bug report.

    \b
    Example:
      tiercut show-versions
    """
    from experiments.environment import environment

    facts = environment()
    if as_json:
        print_json(facts)
        return
    packages = facts.pop("packages")
    facts["memory_bytes"] = f"{facts['memory_bytes'] / 2**30:.1f} GiB"
    for name in ("solvers", "routes", "limits"):
        facts |= {f"{name}, {key}": value for key, value in facts.pop(name).items()}
    for name, value in (*facts.items(), *packages.items()):
        click.echo(f"{name.removesuffix('_bytes'):<16} {value}")
