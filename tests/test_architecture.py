"""The direction of imports: instances <- formulations <- solvers <- experiments, and no circle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("instances", "formulations", "solvers", "experiments")


def modules() -> dict[str, Path]:
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path, *, top_level: bool) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_one_to_its_right(room: str) -> None:
    forbidden = {*ROOMS[ROOMS.index(room) + 1 :], "tests"}
    wrong = [
        f"{name} imports {used}"
        for name, path in modules().items()
        if name.split(".")[0] == room
        for used in imports_of(path, top_level=False)
        if used.split(".")[0] in forbidden
    ]
    assert not wrong


def test_modules_import_in_no_circle() -> None:
    known = modules()
    graph = {
        name: {u for u in imports_of(path, top_level=True) if u in known and u != name} for name, path in known.items()
    }
    # a package's __init__ is imported with each of its modules; only what it names counts here
    TopologicalSorter(graph).prepare()


def test_nothing_reaches_for_highspy() -> None:
    wrong = [
        n for n, p in modules().items() if any(u.split(".")[0] == "highspy" for u in imports_of(p, top_level=False))
    ]
    assert not wrong, "highspy cannot share a process with ortools"


@pytest.mark.parametrize(
    ("referee", "parts"),
    [
        ("formulations.joint.referee", {"formulations.joint.plan_rules", "formulations.joint.placed"}),
        ("formulations.cut.referee", {"formulations.cut.plan", "formulations.cut.problem"}),
        ("formulations.placement.referee", {"formulations.placement.plan", "formulations.placement.problem"}),
        ("formulations.schedule.referee", {"formulations.schedule.plan", "formulations.schedule.trace"}),
    ],
)
def test_the_referee_shares_no_code_with_the_models_it_judges(referee: str, parts: set[str]) -> None:
    known = modules()
    judged = ("options", "enumerate_options", "positions", "uplinks", "dominance", "evaluator", "scratch", "model")
    judged += ("case", "coefficients", "decoder", "activities", "windows")

    def reach(name: str, seen: set[str]) -> set[str]:
        for used in imports_of(known[name], top_level=False):
            if used in known and used not in seen:
                seen.add(used)
                reach(used, seen)
        return seen

    reached = reach(referee, set())
    assert reached >= parts
    assert not [n for n in reached if any(n.split(".")[-1].endswith(word) for word in judged)]
