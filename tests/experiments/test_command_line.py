"""The command line, end to end: results on stdout, talk on stderr, one line and a code for every error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.cli.main import main

DUMMIES = str(Path(__file__).with_name("dummies.py"))
COMMANDS = ["generate", "import", "solve", "check", "compare", "export", "list", "show-versions"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("cli") / "line.json"
    assert main(["generate", "line", "--set", "tasks=3", "--seed", "7", "-o", str(path)]) == 0
    return str(path)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert "Example:" in out
    assert f"tiercut {command}" in out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)


def test_help_and_lists_do_not_import_solvers() -> None:
    script = (
        "import sys; from experiments.cli.main import main; main(['--help']); main(['list', 'networks'])\n"
        "heavy = {'ortools', 'pyomo', 'pulp', 'matplotlib', 'deap', 'pyswarms', 'numba'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_generate_is_pure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for name in ("a", "b"):
        path = tmp_path / name
        code, out, _ = run(capsys, "generate", "tiny", "--seed", "3", "-o", str(path), "--json")
        assert code == 0
        texts.append((json.loads(out)["sha256"], path.read_bytes()))
    assert texts[0] == texts[1]


def test_generate_draws_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "map.png"
    code, _, _ = run(
        capsys,
        *("generate", "line", "--set", "tasks=3", "--seed", "3", "-o", str(tmp_path / "i"), "--picture", str(picture)),
    )
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_solve_prints_one_object(instance: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "solve", instance, "--method", "greedy", "--seed", "1", "--time-limit", "10", "--json")
    found = json.loads(out)
    assert code == 0
    assert {"method", "status", "termination", "value", "bound", "gap", "seconds", "verdict"} <= set(found)
    assert (found["method"], found["verdict"], found["bound"], found["gap"]) == ("greedy", "feasible", None, None)
    assert found["value"] > 0


def test_solve_honours_problem_options_and_writes_a_plan_that_check_accepts(
    instance: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    arguments = ("solve", instance, "--method", "greedy", "--seed", "1", "--option", "sharing=equal")
    code, out, _ = run(capsys, *arguments, "--plan", str(plan), "--json")
    assert code == 0
    value = json.loads(out)["value"]
    code, out, _ = run(capsys, "check", instance, str(plan), "--json")
    assert code == 0
    assert json.loads(out)["value"] == pytest.approx(value, rel=1e-12)


def test_check_refuses_a_plan_that_breaks_a_rule(
    instance: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    run(capsys, "solve", instance, "--method", "all-edge", "--seed", "1", "--plan", str(plan))
    document = json.loads(plan.read_text())
    document["plan"]["tasks"][0]["candidate"] = 77
    plan.write_text(json.dumps(document))
    code, out, _ = run(capsys, "check", instance, str(plan), "--json")
    assert code == 1
    found = json.loads(out)
    assert found["verdict"] == "wrong"
    assert found["violations"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instance": "0" * 64}, "must be for"),
        ({"format": "other"}, "not a plan file"),
        ({"problem": {"sharing": "fair"}}, "sharing"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_check_says_what_is_wrong_with_a_plan_file(
    instance: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], message: str
) -> None:
    plan = tmp_path / "plan.json"
    run(capsys, "solve", instance, "--method", "all-local", "--seed", "1", "--plan", str(plan))
    plan.write_text(json.dumps({**json.loads(plan.read_text()), **change}))
    code, _, err = run(capsys, "check", instance, str(plan))
    assert code == 2
    assert message in err


@pytest.mark.parametrize(
    ("what", "code", "verdict"), [("crash", 1, None), ("decline", 0, None), ("false-bound", 1, "wrong")]
)
def test_solve_exits_with_1_where_a_method_fails(
    instance: str, capsys: pytest.CaptureFixture[str], what: str, code: int, verdict: str | None
) -> None:
    got, out, _ = run(
        capsys,
        *(
            "solve",
            instance,
            "--method",
            "dummy",
            "--plugin",
            DUMMIES,
            "--set",
            f"what={what}",
            "--seed",
            "1",
            "--json",
        ),
    )
    assert got == code
    found = json.loads(out)
    assert found["verdict"] == verdict
    assert found["reason"]


@pytest.mark.parametrize(
    "what", ["methods", "networks", "generators", "formulations", "kinds", "cost-models", "metrics"]
)
def test_lists_are_arrays_of_named_objects(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", what, "--json")
    rows = json.loads(out)
    assert code == 0
    assert rows
    assert all(row["name"] for row in rows)
    code, out, _ = run(capsys, "list", what)
    assert code == 0
    assert rows[0]["name"] in out


def test_show_versions_names_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show-versions", "--json")
    assert code == 0
    facts = json.loads(out)
    assert {"cpu", "cores", "python", "packages"} <= set(facts)
    assert facts["packages"]["numpy"] != "absent"


def test_compare_writes_everything_and_export_repeats_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "s.toml"
    study.write_text(
        'name = "s"\nseed = 1\n[budget]\nseconds = 5\n[[instances]]\ngenerator = "line"\nset = { tasks = 3 }\n'
        '[[methods]]\nname = "greedy"\n[[methods]]\nname = "all-local"\n'
    )
    code, out, err = run(capsys, "compare", str(study), "-o", str(tmp_path / "r"))
    assert code == 0
    assert "greedy" in out
    assert "[3/3]" in err
    assert "lagrangian (bound)" in err
    code, _, err = run(capsys, "compare", str(study), "-o", str(tmp_path / "r"))
    assert code == 0
    assert "3 of 3 trials have their record already" in err
    code, out, _ = run(capsys, "export", str(tmp_path / "r" / "store.sqlite"), "-o", str(tmp_path / "again"))
    assert code == 0
    assert (tmp_path / "again" / "summary.tex").read_bytes() == (tmp_path / "r" / "summary.tex").read_bytes()
    code, out, _ = run(capsys, "check", str(tmp_path / "r" / "store.sqlite"))
    assert code == 0
    assert "3 trials judged again, 0 wrong" in out
    code, _, err = run(capsys, "compare", str(study), "-o", str(tmp_path / "r"), "--fresh")
    assert "[1/3]" in err


def test_import_reads_onnx(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx = pytest.importorskip("onnx")
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 4])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 4])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    code, out, _ = run(capsys, "import", str(tmp_path / "net.onnx"), "-o", str(tmp_path / "net.json"), "--json")
    assert code == 0
    assert json.loads(out)["layers"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["sole"],
        ["solve"],
        ["generate", "line", "-o", "x"],
        ["generate", "lin", "--seed", "1", "-o", "x"],
        ["generate", "line", "--seed", "1", "--set", "tasks", "-o", "x"],
        ["generate", "line", "--seed", "1", "--set", "tasks=-3", "-o", "x"],
        ["generate", "line", "--seed", "-1", "-o", "x"],
        ["generate", "line", "--seed", "1", "-o", "/no/such/folder/x"],
        ["generate", "line", "--seed", "1", "-o", "x", "--plugin", "none.py"],
        ["solve", "/no/such/file", "--method", "greedy", "--seed", "1"],
        ["compare", "/no/such/study.toml"],
        ["export", "/no/such/store", "-o", "x"],
        ["check"],
        ["check", "/no/such/store"],
        ["check", "a", "b", "c"],
        ["list", "colours"],
        ["import", "thing", "-o", "x"],
        ["import", "thing.onnx", "-o", "x"],
    ],
)
def test_misuse_is_one_line_and_exit_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("tiercut: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extra", [["--method", "gredy"], ["--method", "greedy", "--set", "a=1"], ["--method", "greedy", "--option", "sharing=fair"], ["--method", "greedy", "--time-limit", "0"]])  # fmt: skip
def test_solve_refuses_what_it_does_not_know(
    instance: str, extra: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "solve", instance, "--seed", "1", *extra)
    assert code == 2
    assert err.count("\n") == 1


def test_a_plugin_that_fails_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text("a = 1\nb = a / 0\n")
    code, _, err = run(capsys, "list", "methods", "--plugin", str(plugin))
    assert code == 2
    assert "line 2: ZeroDivisionError" in err


def test_a_plan_that_was_asked_for_and_is_not_there_is_a_failure(
    tmp_path: Path, instance: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    arguments = ["solve", instance, "--method", "dummy", "--plugin", DUMMIES, "--seed", "1", "--plan", str(plan)]
    code, _, err = run(capsys, *arguments, "--set", "what=decline")
    assert code == 1
    assert "there is no plan to write" in err
    assert not plan.exists()


def test_more_threads_than_cores_are_refused_unless_forced(instance: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["solve", instance, "--method", "greedy", "--seed", "1", "--threads", "9999"]
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "jobs times threads must be at most" in err


def test_a_setting_that_comes_twice_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["generate", "line", "--set", "tasks=1", "--set", "tasks=2", "--seed", "1", "-o", str(tmp_path / "x")]
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "must name tasks once" in err


@pytest.mark.parametrize("picture", ["nowhere/map.png", "map.xyz"])
def test_a_picture_that_cannot_be_is_refused_before_the_instance_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], picture: str
) -> None:
    out = tmp_path / "x.json"
    code, _, err = run(capsys, "generate", "line", "--seed", "1", "-o", str(out), "--picture", str(tmp_path / picture))
    assert code == 2
    assert "picture" in err
    assert not out.exists()


def test_energy_alone_can_be_asked_for_on_the_usual_devices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "m.json")
    run(capsys, "generate", "metro", "--set", "tasks=10", "--seed", "1", "-o", file)
    code, out, _ = run(
        capsys,
        *("solve", file, "--method", "greedy", "--seed", "1", "--json"),
        *("--option", "latency_weight=0", "--option", "energy_weight=1"),
    )
    assert code == 0
    assert json.loads(out)["verdict"] == "feasible"
