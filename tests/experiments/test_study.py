"""Studies say what is wrong with them, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.study import read_study, study_of
from instances.errors import InputError


def document(**more: Any) -> dict[str, Any]:
    return {
        "name": "one",
        "seed": 3,
        "budget": {"seconds": 1},
        "instances": [{"generator": "line", "set": {"tasks": [2, 3]}, "problem": {"sharing": ["optimal", "equal"]}}],
        "methods": [{"name": "greedy"}, {"name": "milp", "set": {"backend": "cbc"}}],
        **more,
    }


def test_axes_are_multiplied_and_labels_name_them() -> None:
    specs = study_of(document()).specs()
    assert [spec.label for spec in specs] == [
        "line-2-optimal",
        "line-2-equal",
        "line-3-optimal",
        "line-3-equal",
    ]
    assert specs[0].settings == {"tasks": "2"}
    assert specs[1].options == {"sharing": "equal"}


def test_seeds_are_an_axis_too() -> None:
    grid = {"generator": "line", "set": {"tasks": 2}, "seeds": [1, 2]}
    assert [spec.label for spec in study_of(document(instances=[grid])).specs()] == ["line-2#1", "line-2#2"]


def test_a_label_may_name_settings_and_nothing_else() -> None:
    grid = {"generator": "line", "set": {"tasks": [2, 3]}, "label": "L{tasks}"}
    assert [spec.label for spec in study_of(document(instances=[grid])).specs()] == ["L2", "L3"]
    grid["label"] = "{tasks.__class__}{edges}"
    with pytest.raises(InputError, match="may name"):
        study_of(document(instances=[grid])).specs()


def test_a_study_survives_being_written_as_plain_data() -> None:
    study = study_of(document(figures=[], tables=["seconds"], title="T"))
    assert study_of(study.as_dict()) == study


def test_the_demo_has_six_instances_both_sharing_rules_and_five_networks() -> None:
    study = read_study(Path(__file__).parents[2] / "experiments" / "studies" / "demo.toml")
    specs = study.specs()
    assert len(specs) == 6
    assert {spec.options.get("sharing", "optimal") for spec in specs} == {"optimal", "equal"}
    assert {"10", "30", "100", "1000"} <= {spec.settings["tasks"] for spec in specs}
    assert all(len(spec.settings["networks"].split(",")) >= 5 for spec in specs if spec.generator == "metro")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": [{"name": 3}]}, r"methods\[0\].name: Expected `str`, got `int`"),
        ({"methods": [{"nam": "greedy"}]}, r"methods\[0\]: .*`nam`"),
        ({"methods": []}, "at least one method"),
        ({"methods": [{"name": "greedy"}, {"name": "greedy"}]}, "labels must be unique"),
        ({"budget": {"seconds": -1}}, "seconds must be finite and > 0"),
        ({"budget": {"second": 1}}, "budget: .*`second`"),
        ({"instances": [{}]}, r"instances\[0\]: needs either generator or files"),
        ({"instances": [{"generator": "line", "set": {"tasks": []}}]}, r"instances\[0\]: tasks: an axis"),
        ({"instances": [{"generator": "line", "seeds": [-1]}]}, r"instances\[0\]: seeds: must be"),
        ({"seed": "x"}, "seed: Expected `int`"),
        ({"repetitions": 0}, "repetitions: must be >= 1"),
        ({"name": "../x"}, "name: must be letters"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_fault_is_named_with_its_key_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        study_of(document(**change), where="my.toml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("my.toml")


def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("name = \n")
    with pytest.raises(InputError, match="line 1"):
        read_study(path)
    with pytest.raises(InputError, match="No such file"):
        read_study(tmp_path / "none.toml")


def test_files_are_looked_for_beside_the_study(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        'name = "s"\nseed = 1\nplugins = ["mine.py"]\n[budget]\nseconds = 1\n'
        '[[instances]]\nfiles = ["a.json"]\n[[methods]]\nname = "greedy"\n'
    )
    study = read_study(path)
    assert study.plugins == (str(tmp_path / "mine.py"),)
    assert study.specs()[0].file == str(tmp_path / "a.json")
    assert study.specs()[0].label == "a"
