"""The command line's own help."""

from __future__ import annotations

import click

from experiments.cli.main import cli

__all__ = ["commands"]


def commands() -> str:
    """Return a section for each command with what its ``--help`` prints."""
    parts = []
    with click.Context(cli, info_name="tiercut") as group:
        for name in cli.list_commands(group):
            command = cli.get_command(group, name)
            assert command is not None
            with click.Context(command, info_name=name, parent=group, max_content_width=100, terminal_width=100) as ctx:
                parts.append(f"## `tiercut {name}`\n\n```text\n{command.get_help(ctx)}\n```\n")
    return "\n".join(parts)
