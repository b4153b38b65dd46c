"""`tiercut solve` on a damaged instance: one clear line on stderr and exit code 2, or a solution; never a traceback."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.cli.main import main
from instances.errors import InputError
from instances.files.instance_file import read_instance, write_instance
from instances.generators.registry import generate
from tests.instances.files.mutations import mutated

LAYOUTS = ("json", "columnar")
seeds = st.integers(0, 2**64 - 1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder, found = tmp_path_factory.mktemp("whole"), {}
    for layout in LAYOUTS:
        write_instance(generate("tiny", {}, 3), folder / layout, layout=layout)  # type: ignore[arg-type]
        found[layout] = (folder / layout).read_bytes()
    return found


def solve_damaged(folder: Path, data: bytes, capsys: pytest.CaptureFixture[str], *, solvable_too: bool) -> None:
    path = folder / "damaged"
    path.write_bytes(data)
    try:
        read_instance(path)
    except InputError:
        pass
    else:
        # the damage left an instance: solving it takes a process, so only some tests do
        if not solvable_too:
            return
    capsys.readouterr()
    code = main(["solve", str(path), "--method", "all-local", "--seed", "1", "--time-limit", "5", "--json"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    if code == 2:
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("tiercut: ")
    else:
        assert code in (0, 1)
        assert out.startswith("{")


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=seeds)
def test_a_damaged_instance_is_one_line_and_exit_code_2(
    files: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], layout: str, seed: int
) -> None:
    solve_damaged(tmp_path, mutated(files[layout], Random(seed))[1], capsys, solvable_too=False)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=seeds)
def test_a_thousand_damaged_instances_give_no_traceback(
    files: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], layout: str, seed: int
) -> None:
    solve_damaged(tmp_path, mutated(files[layout], Random(seed))[1], capsys, solvable_too=seed % 10 == 0)


def edited(files: dict[str, bytes], old: bytes, new: bytes) -> bytes:
    assert old in files["json"]
    return files["json"].replace(old, new, 1)


CASES = {
    "malformed": lambda files: b"{not json",
    "empty": lambda files: b"",
    "truncated": lambda files: files["json"][: len(files["json"]) // 2],
    "truncated columns": lambda files: files["columnar"][: len(files["columnar"]) // 2],
    "not a number": lambda files: edited(files, b'"weight":', b'"weight":NaN,"x":'),
    "another unit": lambda files: edited(files, b'"bytes_per_s":', b'"mbit_per_s":'),
    "another version": lambda files: edited(files, b'"schema_version":1', b'"schema_version":99'),
    "negative": lambda files: edited(files, b'"bytes_per_s":', b'"bytes_per_s":-'),
}


@pytest.mark.parametrize("case", CASES)
def test_the_usual_damage_is_named(
    case: str, files: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(CASES[case](files))
    assert main(["solve", str(path), "--method", "greedy", "--seed", "1", "--time-limit", "1", "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert str(path) in err


def test_a_cycle_in_a_network_is_named(
    files: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    document = json.loads(files["json"])
    del document["sha256"]
    document["networks"][0]["edges"].append([1, 0])
    path = tmp_path / "cyclic.json"
    path.write_text(json.dumps(document))
    assert main(["solve", str(path), "--method", "greedy", "--seed", "1", "--time-limit", "1"]) == 2
    assert "must go forward" in capsys.readouterr().err
