"""``tiercut export``: tables and figures out of a store."""

from __future__ import annotations

import click


@click.command("export", short_help="Tables and figures out of a store.")
@click.argument("store", metavar="STORE")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where tables and figures go.")
@click.option("--study", help="Identity of a study in the store; by default the latest that ran.")
def command(store: str, output: str, study: str | None) -> None:
    r"""Write the tables (CSV, Markdown, LaTeX), figures and the map of their sources from a STORE, without solving.

    \b
    Example:
      tiercut export results/demo/store.sqlite -o paper/tables
    """
    from experiments.export import export_store
    from experiments.store import Store

    with Store(store, must_exist=True) as opened:
        for path in export_store(opened, output, study):
            click.echo(path)
