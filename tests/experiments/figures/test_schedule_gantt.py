"""The picture of a schedule: a row for every core and link in use, a bar for every layer and transfer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.cli.main import main
from experiments.figures.schedule_gantt import draw_schedule, schedule_figure
from experiments.plan_file import write_plan
from formulations.schedule.plan_document import plan_document
from instances.errors import InputError
from instances.files.instance_file import write_instance
from tests.formulations.schedule.by_hand import BOX, PHONE, plan, problem, split, two_splits


def test_every_layer_and_transfer_is_a_bar_on_the_row_of_its_core_or_link() -> None:
    axes = schedule_figure(problem(), split()).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["phone", "box", "phone → box"]
    spans = sorted((bar.get_x(), bar.get_width()) for bar in axes.patches)
    # a, its tensor, b, c; and the grounds of phone (until its tensor is sent) and box (from then on)
    assert np.allclose(spans, sorted([(0, 4), (4, 2.5), (6.5, 3), (9.5, 4), (0, 6.5), (4, 9.5)]))
    assert sorted(text.get_text() for text in axes.texts) == ["a", "a", "b", "c"]


def test_two_cores_in_use_are_two_rows_and_so_are_two_transfers_at_a_time() -> None:
    axes = schedule_figure(problem(tasks=2), two_splits()).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["box", "", "phone → box", ""]


def test_a_way_home_has_a_row_and_deadlines_are_drawn() -> None:
    of = problem(return_result=True, due=(14.0,))
    home = plan((PHONE, PHONE, BOX, BOX), (0.0, 0.0, 6.5, 9.5), ((1, BOX, 4.0), (3, PHONE, 13.5)))
    axes = schedule_figure(of, home).axes[0]
    assert "box → phone" in [text.get_text() for text in axes.get_yticklabels()]
    legend = axes.get_legend()
    assert legend is not None
    assert "deadline" in [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_the_same_plan_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    for name in "ab":
        draw_schedule(problem(), split(), tmp_path / f"{name}.{ending}")
    one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
    assert one == two and len(one) > 1000


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="picture: must end in"):
        draw_schedule(problem(), split(), tmp_path / "a.gif")
    with pytest.raises(InputError, match="plan: task 0, layer a: is not sent to box"):
        draw_schedule(problem(), plan((PHONE, PHONE, BOX, BOX), (0.0, 0.0, 6.5, 9.5)), tmp_path / "a.svg")


def test_a_schedule_is_judged_and_drawn_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instance, made, picture = (str(tmp_path / name) for name in ("two.json", "plan.json", "gantt.svg"))
    of = problem(tasks=2)
    write_instance(of.instance, instance)
    write_plan(made, of, plan_document(of, two_splits()), {})
    assert main(["check", instance, made, "--picture", picture]) == 0
    assert "feasible, value 14" in capsys.readouterr().out
    assert "phone → box" in Path(picture).read_text()
