"""A small study with everything in it that a report must bear: plans, a crash, a refuted claim, hostile names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from experiments.api import compare, generate
from instances.files.instance_file import write_instance

HOSTILE = "\"><img src=x onerror=hacked=1></script><script>hacked=1</script><b>&amp;{{7*7}}'|`*"
DUMMIES = str(Path(__file__).parents[1] / "dummies.py")


def hostile_instance(path: Path) -> Path:
    """Write an instance whose every name is hostile."""
    plain = generate("line", seed=3, tasks=4, networks="alexnet")
    system, [net] = plain.system, plain.networks
    layers = tuple(replace(layer, name=f"{HOSTILE}{i}") for i, layer in enumerate(net.layers))
    bad = replace(
        plain,
        name=HOSTILE,
        networks=(replace(net, name=HOSTILE, layers=layers),),
        system=replace(
            system,
            node_names=tuple(f"{HOSTILE}{name}" for name in system.node_names),
            kinds=tuple(replace(kind, name=f"{HOSTILE}{kind.name}") for kind in system.kinds),
            resources=tuple(replace(resource, name=f"{HOSTILE}{resource.name}") for resource in system.resources),
        ),
    )
    write_instance(bad, path, "json")
    return path


def make_store(folder: Path) -> Path:
    """Run the study and return its store."""
    dummies = [("wrong", "false-bound"), ("crashing", "crash"), ("declining", "decline")]
    study = {
        "name": "shown",
        "title": f"Shown {HOSTILE}",
        "seed": 5,
        "budget": {"seconds": 20},
        "instances": [
            {"generator": "metro", "set": {"tasks": [6, 40], "networks": "alexnet"}, "label": "metro {tasks}"},
            {"files": [str(hostile_instance(folder / "hostile.json"))], "label": HOSTILE},
        ],
        "methods": [
            {"name": "all-local"},
            {"name": "all-edge"},
            {"name": "lagrangian"},
            {"name": "greedy", "label": f"greedy {HOSTILE}"},
            *({"name": "dummy", "label": label, "set": {"what": what}} for label, what in dummies),
        ],
        "tables": ["seconds"],
        "plugins": [DUMMIES],
    }
    (folder / "study.json").write_text(json.dumps(study))
    return compare(study, folder / "done", quiet=True, force=True).store
