"""Plans of cuts and schedules are in the report as images that can do nothing."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from experiments.report import drawn_plan
from experiments.report.drawn_plan import cut_picture, schedule_picture
from formulations.cut.referee import evaluate as cut_score
from formulations.schedule.referee import evaluate as schedule_score
from tests.formulations.cut import by_hand as cut
from tests.formulations.schedule import by_hand as schedule

PREFIX = "data:image/svg+xml;base64,"


def test_a_cut_and_a_schedule_are_images_with_their_layers_named() -> None:
    placed = cut.plan((0, 0, 1, 2))
    for shown in (
        cut_picture(cut.problem(), placed, cut_score(cut.problem(), placed)),
        schedule_picture(schedule.problem(), schedule.split(), schedule_score(schedule.problem(), schedule.split())),
    ):
        assert shown["image"].startswith(PREFIX)
        root = ET.fromstring(base64.b64decode(shown["image"].removeprefix(PREFIX)))
        assert root.tag.endswith("svg")
        assert {"a", "b", "c"} <= {
            "".join(text.itertext()).strip() for text in root.iter() if text.tag.endswith("text")
        }


def test_a_plan_without_a_value_and_a_picture_too_large_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    of, split = schedule.problem(), schedule.split()
    unpriced = replace(schedule_score(of, split), value=None, violations=("never ends",))
    assert schedule_picture(of, split, unpriced)["missing"]
    monkeypatch.setattr(drawn_plan, "MOST_BYTES", 10)
    shown = schedule_picture(of, split, schedule_score(of, split))
    assert shown["image"] == ""
    assert "too large" in shown["missing"]
