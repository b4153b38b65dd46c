"""``tiercut``: the group of commands, and the one place where errors become one line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from instances.errors import InputError

__all__ = ["main"]

_COMMANDS = {
    "generate": "experiments.cli.generate",
    "import": "experiments.cli.import_network",
    "solve": "experiments.cli.solve",
    "check": "experiments.cli.check",
    "compare": "experiments.cli.compare",
    "merge": "experiments.cli.merge",
    "export": "experiments.cli.export",
    "report": "experiments.cli.report",
    "reproduce": "experiments.cli.reproduce",
    "archive": "experiments.cli.archive",
    "rebuild": "experiments.cli.rebuild",
    "list": "experiments.cli.list_names",
    "show-versions": "experiments.cli.show_versions",
}


class _Commands(click.Group):
    """Commands that are imported when they are used: `tiercut --help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return _keep_lines(import_module(_COMMANDS[cmd_name]).command)


def _keep_lines(command: click.Command) -> click.Command:
    r"""Turn the two characters \b of a raw docstring into the one that keeps click from filling the lines below."""
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tiercut", prog_name="tiercut")
def cli() -> None:
    r"""Split neural networks over device, edge and cloud; compare every method under one referee.

    \b
    Example:
      tiercut generate metro --set tasks=30 --seed 7 -o metro.json
      tiercut solve metro.json --method lagrangian --seed 1 --time-limit 5
      tiercut compare demo
    """


_keep_lines(cli)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 failure, 2 misuse or bad input, 130 interrupted."""
    try:
        code = cli.main(list(arguments) if arguments is not None else None, prog_name="tiercut", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.UsageError as error:
        where = f"{error.ctx.command_path.removeprefix('tiercut').strip()}: " if error.ctx else ""
        _say(where.removeprefix(": ") + error.format_message())
        return 2
    except InputError as error:
        _say(str(error))
        return 2
    except click.ClickException as error:
        _say(error.format_message())
        return 1
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted; what was recorded is kept")
        return 130
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return 1
    except MemoryError:
        _say("out of memory")
        return 1
    except OSError as error:
        _say(f"{error.filename or 'system'}: {error.strerror or error}")
        return 1


def _say(text: str) -> None:
    print("tiercut: " + " ".join(text.split()), file=sys.stderr)
