"""Write the zoo's files: ``python -m instances.networks.build [NAME ...]``.

Needs ``pip install tiercut[zoo]``. No weights are downloaded: the modules live on the meta device.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from instances.errors import InputError
from instances.networks.build.published import nin, tiny_yolov2, yolov2
from instances.networks.build.text import bert_base, gpt2
from instances.networks.build.vision import VISION, build_vision
from instances.networks.files import write_network
from instances.networks.graph import NetworkGraph

ZOO = Path(__file__).resolve().parent.parent / "zoo"

BUILDERS: dict[str, Callable[[], NetworkGraph]] = {
    **{name: (lambda name=name: build_vision(name)) for name in VISION},  # type: ignore[misc]
    "bert_base": bert_base,
    "gpt2": gpt2,
    "nin": nin,
    "tiny_yolov2": tiny_yolov2,
    "yolov2": yolov2,
}


def main(names: list[str]) -> None:
    """Build the named networks, or all of them, and write their files."""
    for name in names or sorted(BUILDERS):
        if name not in BUILDERS:
            raise InputError(f"network {name}", f"must be one of {', '.join(sorted(BUILDERS))}")
        net = BUILDERS[name]()
        ZOO.mkdir(exist_ok=True)
        write_network(net, ZOO / f"{name}.json")
        gmacs, millions = net.total_operations / 2e9, net.total_parameter_bytes / 4e6
        print(f"{name}: {len(net)} layers, {gmacs:.3f} G multiply-adds, {millions:.3f} M parameters")


if __name__ == "__main__":
    main(sys.argv[1:])
