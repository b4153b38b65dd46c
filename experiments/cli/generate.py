"""``tiercut generate``: make an instance."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.options import json_option, pairs, plugin_option, print_json, set_option


@click.command("generate", short_help="Generate an instance.")
@click.argument("generator")
@set_option("A parameter of the generator; `tiercut list generators` shows all.")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="Seed of everything that is drawn.")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where the instance goes.")
@click.option(
    "--layout",
    type=click.Choice(["auto", "json", "columnar"]),
    default="auto",
    show_default=True,
    help="Readable, or fast and small for many tasks.",
)
@click.option("--picture", metavar="IMAGE", help="Draw the instance on a map, too: a .png, .pdf or .svg file.")
@plugin_option
@json_option
def command(
    generator: str,
    settings: tuple[str, ...],
    seed: int,
    output: str,
    layout: str,
    picture: str | None,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    r"""Generate an instance: line, metro, grid, tiny or your own GENERATOR.

    \b
    Example:
      tiercut generate metro --set tasks=1000 --seed 7 -o metro.json --picture metro.png
      tiercut generate line --set tasks=100000 --seed 7 -o line.instance
    """
    from experiments.plugins import load_plugins
    from instances.files.instance_file import write_instance
    from instances.generators.registry import generate

    if picture:
        _check_picture(picture)
    load_plugins(plugins)
    instance = generate(generator, pairs(settings, "--set"), seed)
    write_instance(instance, output, layout)  # type: ignore[arg-type]
    if picture:
        from instances.picture import draw_map

        draw_map(instance, picture)
    if as_json:
        print_json({"file": output, "name": instance.name, "sha256": instance.sha256, "tasks": instance.n_tasks})
    else:
        click.echo(instance.summary())
        click.echo(f"written to {output}" + (f", picture in {picture}" if picture else ""), err=True)


def _check_picture(path: str) -> None:
    """Refuse a picture that could not be written, before anything else is."""
    from instances.errors import InputError

    if Path(path).suffix.lower() not in (".png", ".pdf", ".svg"):
        raise InputError(f"picture {path}", "must end in .png, .pdf or .svg")
    if not Path(path).absolute().parent.is_dir():
        raise InputError(f"picture {path}", "must be in a folder that exists")
