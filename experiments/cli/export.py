"""``tiercut export``: tables, figures and numbers out of a store."""

from __future__ import annotations

import click


@click.command("export", short_help="Tables, figures and numbers out of a store.")
@click.argument("store", metavar="STORE")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where tables and figures go.")
@click.option("--study", help="Identity of a study in the store; by default the latest that ran.")
@click.option("--table", "tables", multiple=True, metavar="NAME", help="A table or metric; `all` for every table.")
@click.option(
    "--metric", "metrics", multiple=True, metavar="NAME", help="A metric that overview, families, instances show."
)
@click.option(
    "--figure", "figures", multiple=True, metavar="NAME", help="A figure; `all` for every one, `none` for none."
)
def command(
    store: str,
    output: str,
    study: str | None,
    tables: tuple[str, ...],
    metrics: tuple[str, ...],
    figures: tuple[str, ...],
) -> None:
    r"""Write tables (CSV, Markdown, LaTeX), figures, macros for prose and the map of their sources from a STORE.

    Nothing is solved. Without options the study's own choice is written. Options can be given more than once.

    \b
    Example:
      tiercut export results/demo/store.sqlite -o paper/tables
      tiercut export store.sqlite -o paper --table overview --metric gap --metric primal-integral --figure all
    """
    from experiments.export import export_store
    from experiments.store import Store

    drawn = None if not figures else () if figures == ("none",) else figures
    with Store(store, must_exist=True) as opened:
        done = export_store(opened, output, study, tables=tables or None, metrics=metrics or None, figures=drawn)
    for path in done.written:
        click.echo(path)
