"""``tiercut import``: make a network or a placement workload of your own known."""

from __future__ import annotations

import click

from experiments.cli.options import json_option, print_json


@click.command("import", short_help="Import an ONNX, Caffe or PyTorch network, or a placement workload.")
@click.argument("source")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where the network goes (JSON).")
@click.option("--name", help="Name of the network; by default the file's or the factory's.")
@click.option(
    "--dimension", "dimensions", multiple=True, metavar="NAME=SIZE", help="Size of a symbolic dimension (ONNX)."
)
@click.option(
    "--workload",
    type=click.Choice(["dnn-partitioning", "pipedream"]),
    help="SOURCE is a device-placement workload of this format, and becomes an instance.",
)
@click.option("--machines", type=int, default=2, show_default=True, help="Machines for a PipeDream profile.")
@click.option("--rate", type=float, default=1e9, show_default=True, metavar="B/S", help="Of their wires.")
@json_option
def command(
    source: str,
    output: str,
    name: str | None,
    dimensions: tuple[str, ...],
    workload: str | None,
    machines: int,
    rate: float,
    as_json: bool,
) -> None:
    r"""Import a network from SOURCE: an ONNX or Caffe (.prototxt) file, or MODULE:FACTORY of your own PyTorch code.

    The factory takes no argument and returns (module, example input). With --workload, SOURCE is a device-placement
    workload, which becomes an instance for the problem family placement.

    \b
    Example:
      tiercut import my_network.onnx -o my_network.json
      tiercut import my_package.models:small -o small.json
      tiercut import bert24_inference.json --workload dnn-partitioning -o bert24.json
    """
    from experiments.cli.options import pairs
    from instances.errors import InputError
    from instances.networks.files import write_network

    if workload is not None:
        _import_workload(source, output, workload, machines, rate, as_json)
        return
    if source.endswith(".onnx"):
        from instances.networks.importers.onnx import import_onnx

        sizes = {}
        for key, text in pairs(dimensions, "--dimension").items():
            if not text.isdecimal() or int(text) < 1:
                raise InputError(f"--dimension {key}", "must be a whole number >= 1", text)
            sizes[key] = int(text)
        network = import_onnx(source, name, dimensions=sizes)
    elif source.endswith(".prototxt"):
        from instances.networks.importers.caffe import import_caffe

        network = import_caffe(source, name)
    elif ":" in source:
        from instances.networks.importers.torch_module import import_torch_factory

        network = import_torch_factory(source, name)
    else:
        raise InputError("source", "must be a file ending in .onnx or .prototxt, or module:factory", source)
    write_network(network, output)
    if as_json:
        print_json(
            {
                "file": output,
                "name": network.name,
                "layers": len(network) - 1,
                "operations": network.total_operations,
                "parameter_bytes": network.total_parameter_bytes,
            }
        )
    else:
        click.echo(
            f"{network.name}: {len(network) - 1} layers, {network.total_operations / 2e9:.3f} GMAC, "
            f"{network.total_parameter_bytes / 1e6:.1f} MB, {len(network.cut_points())} cut points"
        )
        click.echo(f"written to {output}", err=True)


def _import_workload(source: str, output: str, workload: str, machines: int, rate: float, as_json: bool) -> None:
    from instances.files.instance_file import write_instance
    from instances.placements.dnn_partitioning import read_dnn_partitioning
    from instances.placements.pipedream import read_pipedream

    if workload == "dnn-partitioning":
        instance = read_dnn_partitioning(source)
    else:
        instance = read_pipedream(source, machines=machines, bytes_per_s=rate)
    write_instance(instance, output)
    if as_json:
        print_json({"file": output, "name": instance.name, "sha256": instance.sha256})
    else:
        click.echo(instance.summary())
        click.echo(f"written to {output}", err=True)
