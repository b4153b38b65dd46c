"""``tiercut rebuild``: every table again out of an archive."""

from __future__ import annotations

import click

from experiments.cli.options import plugin_option


@click.command("rebuild", short_help="Every table again out of an archive, without solving.")
@click.argument("archive", metavar="ARCHIVE.zip")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where it goes; must be empty or not exist.")
@plugin_option
def command(archive: str, output: str, plugins: tuple[str, ...]) -> int:
    r"""Unpack an ARCHIVE and make every table and figure again from its records, without any solver.

    The tables are compared byte by byte with those in the archive; the exit code is 1 where one differs. No code that
    came with the archive runs: a study with metrics of its own needs its plugin named.

    \b
    Example:
      tiercut rebuild demo.zip -o rebuilt
    """
    from experiments.archive.rebuild import rebuild_archive
    from experiments.plugins import load_plugins

    load_plugins(plugins)
    done = rebuild_archive(archive, output)
    for name in done.different:
        click.echo(click.style("differs", fg="red", bold=True) + f": tables/{name}")
    click.echo(f"{len(done.same)} files made again byte by byte, {len(done.different)} differ; all in {done.folder}")
    return 1 if done.different else 0
