"""``tiercut archive``: all that a study's tables need in one zip file."""

from __future__ import annotations

import sqlite3

import click

from experiments.cli.options import plugin_option


@click.command("archive", short_help="Everything behind a study's tables as one zip file.")
@click.argument("store", metavar="STORE")
@click.option("-o", "--output", metavar="FILE.zip", required=True, help="Where it goes.")
@click.option("--study", help="Identity of a study in the store; by default the latest that ran.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="Who is to be cited; may be repeated.")
@plugin_option
def command(store: str, output: str, study: str | None, authors: tuple[str, ...], plugins: tuple[str, ...]) -> None:
    r"""Pack a STORE with its study, tables, the data of its figures and the answers to the ACM's badge checklist.

    The same store gives the same bytes. `tiercut rebuild` makes every table again from the archive alone.

    \b
    Example:
      tiercut archive results/demo/store.sqlite -o demo.zip --author "A. Researcher"
    """
    from experiments.archive.make import make_archive
    from experiments.plugins import load_plugins
    from experiments.store import Store

    load_plugins(plugins)
    try:
        with Store(store, must_exist=True) as opened:
            click.echo(make_archive(opened, output, study, authors=authors))
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"{store}: {error}") from None
