from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from instances.errors import InputError
from instances.generators.registry import generate
from instances.picture import draw_map


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("line", {"edges": "3"}),
        ("grid", {"tasks": "300"}),
        ("metro", {"tasks": "300"}),
        ("metro", {"tasks": "6000", "edges": "9", "clouds": "2"}),
        ("metro", {"tasks": "1", "edges": "1"}),
    ],
)
def test_map_is_a_picture_with_something_on_it(tmp_path: Path, name: str, settings: dict[str, str]) -> None:
    path = tmp_path / "map.png"
    draw_map(generate(name, {**settings, "networks": "alexnet"}, 1), path)
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert len(pixels) > 10**5
    assert len(np.unique(pixels, axis=0)) > 10


def test_map_may_be_a_vector_drawing(tmp_path: Path) -> None:
    draw_map(generate("grid", {"networks": "alexnet"}, 1), tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")


def test_instance_without_positions_has_no_map(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no node has a position"):
        draw_map(generate("tiny", {}, 1), tmp_path / "map.png")


@pytest.mark.parametrize("file", ["none/map.png", "map.nonsense"])
def test_map_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path, file: str) -> None:
    with pytest.raises(InputError, match="cannot be written") as caught:
        draw_map(generate("line", {"networks": "alexnet"}, 1), tmp_path / file)
    assert "\n" not in str(caught.value)
