"""Random problems of every generator, and systems with every oddity that the generators do not make."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.joint.options import OptionTable
from formulations.joint.problem import JointOptions, JointProblem
from instances.columns import IntArray
from instances.generators.registry import generate
from instances.instance import Instance
from tests.formulations.joint.by_hand import Link, Node, Task, instance, network

GENERATORS: tuple[tuple[str, dict[str, str]], ...] = (
    ("tiny", {}),
    ("tiny", {"memory": "binding", "access": "shared", "backhaul": "shared"}),
    ("tiny", {"zero_layers": "0.8", "edges_high": "3", "options_high": "60"}),
    ("line", {"tasks": "5"}),
    ("metro", {"tasks": "30"}),
    ("metro", {"tasks": "30", "core": "shared", "clouds": "2"}),
    ("grid", {"tasks": "20"}),
)
SCOPES = ("system", "device")


def odd_instance(seed: int) -> Instance:
    """Return an instance with hairpins, clouds as candidates, two ways to one site and resources of two roles."""
    rng = np.random.default_rng((seed, 11))

    def pick(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    def factor() -> float:
        return float(rng.uniform(0.5, 2.0))

    nodes = [
        Node(name="d", resource=pick(None, "device", "radio"), speed=factor(), price=pick(0.0, factor())),
        Node(name="d2", memory=pick(np.inf, 60.0, 0.0)),
        *(Node(name=e, resource=pick(None, "edge"), memory=pick(np.inf, 90.0), price=factor()) for e in ("e", "e2")),
        *(Node(name=c, resource=pick(None, "cloud", "edge"), speed=factor(), price=factor()) for c in ("c", "c2")),
        Node(name="r"),
        Node(name="rs"),
    ]
    ways = ["d-e", "d-e2", "d2-e", "d2-r", "r-rs", "rs-e", "rs-c", "rs-c2", "e-r", "e2-rs", "e-c", "d-r"]
    links = [
        Link(
            source=way.split("-")[0],
            target=way.split("-")[1],
            rate=10.0 * factor(),
            latency=pick(0.0, factor()),
            joules=pick(0.0, factor()),
            price=pick(0.0, factor()),
            resource=pick(None, "radio", "core", "edge"),
        )
        for way in ways
    ]
    n = int(rng.integers(1, 6))
    reach = {
        "d": ("d-e", "d-r-rs-e", "d-e2", "d-r-rs-c", "d-e-c", "d-e-r-rs-c2"),
        "d2": ("d2-e", "d2-r-rs-e", "d2-r-rs-c2"),
    }
    tasks = []
    for _ in range(n):
        source = pick("d", "d2")
        chosen = rng.permutation(reach[source])[: rng.integers(0, len(reach[source]) + 1)]
        candidates = tuple(str(path) for path in chosen)
        tasks.append(Task(source=source, network=int(rng.integers(2)), weight=factor(), candidates=candidates))
    size = int(rng.integers(2, 6))

    def figures(share_of_zeros: float, length: int) -> list[float]:
        return list(np.round(rng.uniform(1, 40, length)) * (rng.random(length) >= share_of_zeros))

    chain = network(
        [0, *figures(0.3, size)], [0, *figures(0.3, size)], figures(0.2, size + 1), accuracy=0.9, name="chain"
    )
    spanned = network(
        [0, *figures(0.2, 5)],
        [0, *figures(0.2, 5)],
        figures(0.2, 6),
        ((0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5)),
        name="spanned",
    )
    uplinks = [route for route in ("e-c", "e-r-rs-c", "e-r-rs-c2", "e2-rs-c", "e2-rs-c2") if rng.random() < 0.8]
    return instance(nodes, links, tasks, [str(u) for u in rng.permutation(uplinks)], (chain, spanned))


def random_options(seed: int, **fixed: Any) -> JointOptions:
    """Return options of any rule, scope and mix; one in three with weights far from each other."""
    rng = np.random.default_rng((seed, 13))
    weights = rng.uniform(0, 2, 3) * (rng.random(3) < 0.7)
    if rng.random() < 1 / 3:
        weights = 10.0 ** rng.uniform(-9, 9, 3)
    if not weights.any():
        weights[0] = 1.0
    names = ("latency_weight", "energy_weight", "price_weight")
    drawn: dict[str, Any] = dict(zip(names, weights.tolist(), strict=True))
    drawn |= {"sharing": ("optimal", "equal")[seed % 2], "energy_scope": SCOPES[rng.integers(2)]}
    return JointOptions(**{**drawn, **fixed})


def random_problem(seed: int, **fixed: Any) -> JointProblem:
    """Return a random problem; every second one on an odd instance."""
    if seed % 2:
        return JointProblem(instance=odd_instance(seed), options=random_options(seed // 2, **fixed))
    name, params = GENERATORS[seed // 2 % len(GENERATORS)]
    return JointProblem(instance=generate(name, params, seed), options=random_options(seed // 2 // 3, **fixed))


def random_choices(table: OptionTable, n_plans: int, rng: np.random.Generator) -> IntArray:
    """Return rows of `table`, shape (n_plans, n_tasks), drawn evenly task by task."""
    sizes = np.diff(table.task_offsets)
    picks: IntArray = table.task_offsets[:-1] + rng.integers(0, sizes, (n_plans, table.n_tasks))
    return picks
