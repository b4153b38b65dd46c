"""``tiercut merge``: the stores of shards or machines become one."""

from __future__ import annotations

import click


@click.command("merge", short_help="Join stores of shards or machines.")
@click.argument("stores", nargs=-1, required=True, metavar="STORE...")
@click.option("-o", "--output", required=True, metavar="STORE", help="The new store; must not exist yet.")
def command(stores: tuple[str, ...], output: str) -> None:
    r"""Join STOREs into a new one.

    A trial that several have and agree on is kept once. Where they have different records of a trial, times and facts
    about the host aside, nothing is written and the trial is named.

    \b
    Example:
      tiercut merge results/mine/store-1-of-2.sqlite results/mine/store-2-of-2.sqlite -o results/mine/store.sqlite
      tiercut export results/mine/store.sqlite -o results/mine
    """
    from experiments.merging import merge_stores

    counts = merge_stores(stores, output)
    studies = f"{counts['study']} {'study' if counts['study'] == 1 else 'studies'}"
    click.echo(f"{counts['trial']} trials of {studies} in {output}")
