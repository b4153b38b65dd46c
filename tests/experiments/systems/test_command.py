"""`tiercut reproduce` says in one line what is wrong with what it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli.main import main


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
    assert not (tmp_path / "out").exists()


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
