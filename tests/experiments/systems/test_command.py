"""`tiercut reproduce` says in one line what is wrong with what it is given."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from experiments.cli.main import main
from experiments.systems import system as register
from experiments.systems.bench import Bench
from experiments.systems.system import Measured, system_named


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Bench]:
    """Have the system `clio` claim nothing and measure a table of its own; return the benches that it was given."""
    given: list[Bench] = []

    class Dummy:
        """A dummy."""

        claims = ()

        def measure(self, bench: Bench) -> Measured:
            given.append(bench)
            bench.file("traces", "a.csv")
            bench.file("profiles", "b.txt")
            bench.file("profiles", "c.txt", optional=True)
            table = pd.DataFrame({"where": ["a", "b", "c"], "wait [s]": [1.0, float("nan"), float("inf")]})
            return Measured(table=table, facts={})

    one = system_named("clio")
    monkeypatch.setitem(register._REGISTRY, "clio", dataclasses.replace(one, cls=Dummy))
    return given


def test_damaged_data_is_bad_input_and_no_crash_of_the_system(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data" / "ionn-profiles"
    folder.mkdir(parents=True)
    for name in ("resnet50.prototxt", "resnet50.client.txt"):
        (folder / name).write_text("nonsense {{{\n")
    code = main(["reproduce", "ionn", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert code == 2
    assert "resnet50" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["neurosurgen"], "did you mean neurosurgeon"),
        (["nn-meter"], "planned"),
        (["--family", "joint"], "family"),
        ([], "name systems"),
    ],
)
def test_what_does_not_reproduce_is_refused(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", *arguments]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("below", ["a file", "/proc"])
def test_a_folder_that_cannot_be_made_is_refused_before_anything_runs(
    below: str, measured: list[Bench], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a file").write_text("")
    folder = tmp_path / below / "x"
    assert main(["reproduce", "clio", "-o", str(folder)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"{folder}: cannot be written" in said[0]
    assert not measured


def test_what_the_data_folder_lacks_is_said_in_one_line(
    measured: list[Bench], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "profiles").mkdir(parents=True)
    assert main(["reproduce", "clio", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "out")]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "lacks" in line]
    assert said == [f"{tmp_path / 'data'} lacks traces, profiles/b.txt: claims about them are not checkable"]
    assert main(["reproduce", "clio", "-o", str(tmp_path / "out")]) == 0
    assert "lacks" not in capsys.readouterr().err
    assert len(measured) == 2


def test_numbers_that_are_missing_or_not_finite_are_null_for_programs(
    measured: list[Bench], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", "clio", "--json", "-o", str(tmp_path)]) == 0
    for text in (capsys.readouterr().out, f"[{(tmp_path / 'clio.json').read_text()}]"):
        assert [row["wait [s]"] for row in json.loads(text)[0]["table"]] == [1.0, None, None]
    assert measured


def test_units_in_brackets_are_printed(
    measured: list[Bench], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", "clio", "-o", str(tmp_path)]) == 0
    assert "wait [s]" in capsys.readouterr().out
    assert measured
