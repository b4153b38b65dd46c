"""``tiercut report``: a whole study in one HTML file."""

from __future__ import annotations

import sqlite3

import click

from experiments.cli.options import plugin_option


@click.command("report", short_help="A whole study in one HTML file.")
@click.argument("store", metavar="STORE")
@click.option("-o", "--output", metavar="FILE.html", default="report.html", show_default=True, help="Where it goes.")
@click.option("--study", help="Identity of a study in the store; by default the latest that ran.")
@plugin_option
def command(store: str, output: str, study: str | None, plugins: tuple[str, ...]) -> None:
    r"""Write tables, interactive figures and pictures of plans of a STORE as one HTML file, without solving.

    The file opens by double click, loads nothing from any network, and can be mailed, put beside a paper, or printed.

    \b
    Example:
      tiercut report results/demo/store.sqlite -o report.html
    """
    from experiments.plugins import load_plugins
    from experiments.report.report import write_report
    from experiments.store import Store

    load_plugins(plugins)
    try:
        with Store(store, must_exist=True) as opened:
            click.echo(write_report(opened, output, study))
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"{store}: {error}") from None
