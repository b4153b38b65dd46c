"""``tiercut reproduce``: published systems, and what of their claims holds here."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click

from experiments.cli.options import json_option, print_json
from instances.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.systems.reproduction import Reproduction
    from experiments.systems.system import System


@click.command("reproduce", short_help="Published systems, and what of their claims holds here.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--family", "families", multiple=True, metavar="NAME", help="All systems of a problem family.")
@click.option("--all", "everything", is_flag=True, help="All systems that reproduce.")
@click.option("-o", "--output", default="results/reproduce", show_default=True, metavar="DIR", help="Tables, figures.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="TIERCUT_DATA",
    metavar="DIR",
    help="Folder with published data (profiles, traces) that some claims are about [env: TIERCUT_DATA].",
)
@json_option
def command(
    names: tuple[str, ...], families: tuple[str, ...], everything: bool, output: str, data: Path | None, as_json: bool
) -> int:
    r"""Run published systems on their scenarios and check every claim that can be checked.

    Each claim is reproduced, not reproduced or not checkable, with the numbers that say so. Exit code 1 means a crash
    or a theorem that does not hold; an empirical claim that does not hold is a result.

    \b
    Example:
      tiercut reproduce dads ionn
      tiercut reproduce --family cut --data published-data
    """
    from rich.console import Console

    from experiments.systems.bench import Bench
    from experiments.systems.reproduction import reproduce, write_reproduction

    chosen = _chosen(names, families, everything)
    folder = _writable(Path(output))
    console = Console(width=None if sys.stdout.isatty() else 160)
    bench = Bench(data=data)
    found = []
    for one in chosen:
        print(f"reproducing {one.name} ...", file=sys.stderr)
        done = reproduce(one, bench)
        write_reproduction(done, folder)
        found.append(done)
        if not as_json:
            _show(done, console)
    if as_json:
        print_json([done.as_dict() for done in found])
    elif len(found) > 1:
        _summary(found, console)
    if bench.lacking:
        print(f"{data} lacks {', '.join(bench.lacking)}: claims about them are not checkable", file=sys.stderr)
    print(f"tables and figures in {output}", file=sys.stderr)
    return int(any(done.failed for done in found))


def _chosen(names: tuple[str, ...], families: tuple[str, ...], everything: bool) -> list[System]:
    from experiments.systems.system import system_named, systems

    if not (names or families or everything):
        raise click.UsageError("name systems, a --family, or --all (see `tiercut list systems`)")
    known = {one.family for one in systems()}
    for name in families:
        if name not in known:
            raise InputError("family", f"must have systems that reproduce: {', '.join(sorted(known))}", name)
    wanted = [system_named(name) for name in dict.fromkeys(names)]
    more = [one for one in systems() if (everything or one.family in families) and one not in wanted]
    return wanted + more


def _writable(folder: Path) -> Path:
    """Return the folder of the results, made now: minutes of work are lost where it is refused after them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(str(folder), f"cannot be written ({getattr(error, 'strerror', None) or error})") from None
    return folder


def _show(done: Reproduction, console: Console) -> None:
    from rich.text import Text

    from experiments.cli.console_tables import console_tables

    one = done.system
    console.print(Text(f"{one.number}. {one.title}", style="bold"))
    console.print(Text(one.citation, style="dim"))
    console.print(Text(one.summary))
    for part in one.reconstruction:
        console.print(Text(f"Our reconstruction: {part}", style="italic"))
    if done.measured is not None:
        for word, table in {"": done.measured.table, **done.further}.items():
            if word:
                console.print(Text(word, style="bold"))
            for shown in console_tables(table, console):
                console.print(shown)
    for checked in done.claims:
        style = {"reproduced": "green", "not reproduced": "red"}.get(str(checked.verdict), "yellow")
        line = Text(f"{checked.verdict}", style=style)
        line.append(f"  {checked.claim.text} [{checked.claim.kind}; {checked.claim.source}]", style="default")
        console.print(line)
        console.print(Text(f"    {checked.evidence}", style="dim"))
    if done.error:
        console.print(Text(done.error, style="red"))
    console.print()


def _summary(found: list[Reproduction], console: Console) -> None:
    from rich import box
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("number", "system", "reproduced", "not reproduced", "not checkable", "seconds", "state"):
        shown.add_column(name, justify="left" if name in ("system", "state") else "right")
    for done in found:
        counts = [str(count) for count in done.counts.values()]
        state = "FAILED" if done.failed else "done"
        shown.add_row(str(done.system.number), done.system.name, *counts, f"{done.seconds:.1f}", state)
    console.print(shown)
