"""The picture of a cut: every layer, the tensors on the cut, the stages; the same plan gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

from experiments.cli.main import main
from experiments.figures.cut_plan import cut_plan_figure, draw_cut_plan, positions_of
from formulations.cut.plan import CutPlan
from instances.errors import InputError
from instances.networks.catalogue import load_network
from tests.formulations.cut.by_hand import plan, problem


def test_every_layer_is_drawn_in_the_colour_of_its_node() -> None:
    figure = cut_plan_figure(problem(), plan((0, 0, 1, 2)))
    graph, bars = figure.axes
    dots = [c for c in graph.collections if len(c.get_offsets()) and type(c).__name__ == "PathCollection"]
    assert sorted(len(c.get_offsets()) for c in dots) == [1, 1, 2]
    texts = {t.get_text() for t in graph.texts}
    assert {"a", "b", "c", "d", "4 B", "2 B"} <= texts
    assert len(bars.patches) == 5  # three nodes and two links
    names = [t.get_text() for t in bars.get_yticklabels()]
    assert names[-1] == "node phone"
    assert [bool(bar.get_hatch()) for bar in bars.patches] == [False] * 4 + [True]  # the bottleneck, and nothing else
    colour = {name: to_hex(bar.get_facecolor()) for name, bar in zip(names, bars.patches, strict=True)}
    nodes = [colour[f"node {name}"] for name in ("phone", "box", "farm")]
    assert nodes == [to_hex(dots[i].get_facecolor()[0]) for i in range(3)]
    assert set(colour.values()) - set(nodes) == {colour["link phone->box (0)"]}


def test_a_tensor_over_two_links_says_so() -> None:
    graph = cut_plan_figure(problem(), plan((0, 0, 2, 2))).axes[0]
    assert "4 B × 2 links" in {t.get_text() for t in graph.texts}


def test_no_two_layers_lie_on_one_another() -> None:
    for name in ("googlenet", "densenet121", "resnet18"):
        network = load_network(name)
        where = positions_of(network)
        assert len(np.unique(where, axis=0)) == len(network)
        assert all(where[a, 0] < where[b, 0] for a, b in network.edges)


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_the_same_plan_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    for name in "ab":
        draw_cut_plan(problem(), plan((0, 0, 1, 2)), tmp_path / f"{name}.{ending}")
    one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
    assert one == two and len(one) > 1000


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="picture: must end in"):
        draw_cut_plan(problem(), plan((0, 0, 1, 2)), tmp_path / "a.gif")
    nowhere = CutPlan(version=0, helpers=np.array([0, 1, 2]), node=np.array([1, 1, 1, 1]))
    with pytest.raises(InputError, match="plan: layer a: the input is on phone"):
        draw_cut_plan(problem(), nowhere, tmp_path / "a.svg")


def test_a_cut_is_solved_judged_and_drawn_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, cut, picture = (str(tmp_path / name) for name in ("one.json", "cut.json", "cut.svg"))
    made = ["generate", "line", "--set", "tasks=1", "--set", "networks=alexnet", "--seed", "1", "-o", one]
    assert main(made) == 0
    solve = ["solve", one, "--family", "cut", "--method", "min-cut", "--option", "memory=false", "--seed", "1"]
    assert main([*solve, "--plan", cut]) == 0
    assert "optimal" in capsys.readouterr().out
    assert main(["check", one, cut, "--picture", picture]) == 0
    assert Path(picture).read_text().startswith("<?xml")
    assert main(["solve", one, "--family", "cut", "--method", "greedy", "--seed", "1"]) == 0
    assert "takes the family joint only" in capsys.readouterr().out
