"""``tiercut compare``: run a study and show its tables."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.options import force_option, plugin_option


@click.command("compare", short_help="Run a study and show its tables.")
@click.argument("study", metavar="STUDY.toml")
@click.option("-o", "--output", metavar="DIR", help="Folder of store, tables and figures; by default results/NAME.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Trials at a time.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Run trials on a Dask cluster: local:N for N workers here, or a scheduler such as tcp://host:8786.",
)
@click.option("--fresh", is_flag=True, help="Forget earlier records of this folder and run everything.")
@click.option(
    "--retry", metavar="KIND,...", help="Run trials again that ended so: crashed, time_limit, memory_limit, ..."
)
@click.option("--shard", metavar="K/N", help="Run the K-th of N parts into a store of its own; join them by `merge`.")
@force_option
@plugin_option
def command(
    study: str,
    output: str | None,
    jobs: int,
    cluster: str | None,
    fresh: bool,
    retry: str | None,
    shard: str | None,
    force: bool,
    plugins: tuple[str, ...],
) -> int:
    r"""Run a study, or go on with it: every method on every instance at one budget.

    The tables are printed and written as CSV, Markdown and LaTeX, with figures and `manifest.json`, beside the store.
    What has its record is not run again. The word `demo` stands for the study that comes with the workbench. The exit
    code is 1 where a result is wrong or a method crashed. A shard prints no tables: join the stores first.

    \b
    Example:
      tiercut compare demo
      tiercut compare my_study.toml -o results/mine --jobs 2
      tiercut compare my_study.toml -o results/mine --cluster local:2
      tiercut compare my_study.toml -o results/mine --retry crashed,time_limit
      tiercut compare my_study.toml -o results/mine --shard 1/2
      tiercut compare my_study.toml -o results/mine --shard 2/2
      tiercut merge results/mine/store-*-of-2.sqlite -o results/mine/store.sqlite
    """
    from rich.console import Console

    from experiments.api import compare
    from experiments.study import read_study
    from experiments.tables.terminal import print_table

    built_in = Path(__file__).parent.parent / "studies" / f"{study}.toml"
    chosen = read_study(built_in if study.isidentifier() and built_in.exists() and not Path(study).exists() else study)
    kinds = tuple(filter(None, (word.strip() for word in (retry or "").split(","))))
    done = compare(
        chosen,
        output,
        jobs=jobs,
        cluster=cluster,
        force=force,
        fresh=fresh,
        retry=kinds,
        shard=shard,
        plugins=plugins,
    )
    console = Console()
    if not console.is_terminal:
        console = Console(width=400, soft_wrap=True)
    for line in done.unexplained:
        click.secho(f"unexplained: {line}", fg="red", bold=True)
    shown = ("summary", "overview", *chosen.tables)
    for table in done.tables:
        if table.name in shown:  # the others are for papers, and lie in the folder
            print_table(table, console)
    what = f"tables, figures and {done.store.name}" if shard is None else done.store.name
    click.echo(f"{what} in {done.folder}", err=True)
    bad = done.frame["verdict"].eq("wrong") | done.frame["termination"].eq("crashed")
    return 1 if bool(bad.any()) else 0
