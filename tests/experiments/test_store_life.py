"""The life of a store: retries by kind, shards and their merge, one writer, older schemas, the manifest, `check`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from experiments.api import compare, merge
from experiments.cli.main import main
from experiments.comparison import run_study
from experiments.export import export_store
from experiments.merging import content_of
from experiments.runner import RunnerOptions
from experiments.shard import Shard
from experiments.store import Store
from experiments.study import Study, study_of
from instances.errors import InputError

DUMMIES = str(Path(__file__).with_name("dummies.py"))


def study(*whats: str, **more: Any) -> Study:
    return study_of(
        {
            "name": "life",
            "seed": 1,
            "bound": "none",
            "budget": {"seconds": 20, "evaluations": 5},
            "instances": [{"generator": "line", "set": {"tasks": [2, 3]}, "label": "line {tasks}"}],
            "methods": [{"name": "dummy", "label": what, "set": {"what": what}} for what in whats],
            "plugins": [DUMMIES],
            "figures": [],
            **more,
        }
    )


def run(path: Path, one: Study, **more: Any) -> dict[str, dict[str, Any]]:
    with Store(path) as store:
        run_study(one, store, options=RunnerOptions(warm_up_s=0, jobs=2, force=True), quiet=True, **more)
        return {row["id"]: row for row in store.rows("trial")}


def contents(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {trial: content_of(row) for trial, row in rows.items()}


def tables(path: Path, folder: Path) -> dict[str, bytes]:
    """Every table of a store, but for columns and tables of times and host."""
    with Store(path) as store:
        export_store(store, folder)
    with Store(path) as store:
        frame = [
            {name: value for name, value in content_of(row).items() if name != "unexplained"}
            for row in store.rows("trial")
        ]
    found = {"trials": repr(frame).encode()}
    for file in folder.iterdir():
        if file.name.startswith("summary") or file.name == "sources.json":
            found[file.name] = file.read_bytes()
    return found


def test_retry_runs_again_what_ended_so_and_nothing_else(tmp_path: Path) -> None:
    path, one = tmp_path / "store.sqlite", study("counting", "crash", "decline")
    first = run(path, one)
    second = run(path, one, retry=["crashed", "time_limit"])
    changed = {trial for trial, row in second.items() if row["finished"] != first[trial]["finished"]}
    assert changed == {trial for trial, row in first.items() if row["termination"] == "crashed"}
    assert len(changed) == 2
    with Store(path) as store:
        assert {row["trial"] for row in store.rows("retried")} == changed
    assert contents(first) == contents(second)


def test_an_unknown_kind_to_retry_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be among"):
        run(tmp_path / "store.sqlite", study("counting"), retry=["crash"])


def test_an_old_record_stays_until_the_new_one_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, one = tmp_path / "store.sqlite", study("crash")
    first = run(path, one)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with Store(path) as store:
        monkeypatch.setattr(store, "add_record", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_study(one, store, options=RunnerOptions(warm_up_s=0), retry=["crashed"], quiet=True)
        assert {row["id"]: row for row in store.rows("trial")} == first


def test_two_shards_merged_are_the_store_of_one_run(tmp_path: Path) -> None:
    one = study("counting", "crash", "decline", repetitions=3)
    whole = run(tmp_path / "whole.sqlite", one)
    parts = [run(tmp_path / f"{k}.sqlite", one, shard=Shard(index=k, count=2)) for k in (1, 2)]
    assert parts[0].keys().isdisjoint(parts[1])
    assert abs(len(parts[0]) - len(parts[1])) <= 1
    joined = merge([tmp_path / "1.sqlite", tmp_path / "2.sqlite"], tmp_path / "joined.sqlite")
    with Store(joined) as store, Store(tmp_path / "whole.sqlite") as alone:
        assert contents({row["id"]: row for row in store.rows("trial")}) == contents(whole)
        for table in ("instance", "entry"):
            assert list(store.rows(table)) == list(alone.rows(table))
        drop = ("used",)
        assert [{k: v for k, v in row.items() if k not in drop} for row in store.rows("study")] == [
            {k: v for k, v in row.items() if k not in drop} for row in alone.rows("study")
        ]
    assert tables(joined, tmp_path / "a") == tables(tmp_path / "whole.sqlite", tmp_path / "b")


def test_the_order_of_the_sources_does_not_matter_and_a_run_on_the_merged_store_has_nothing_to_do(
    tmp_path: Path,
) -> None:
    one = study("counting", "decline")
    for k in (1, 2):
        run(tmp_path / f"{k}.sqlite", one, shard=Shard(index=k, count=2))
    run(tmp_path / "1.sqlite", one)  # one shard has all by now, so that both have some
    ab = merge([tmp_path / "1.sqlite", tmp_path / "2.sqlite"], tmp_path / "ab.sqlite")
    ba = merge([tmp_path / "2.sqlite", tmp_path / "1.sqlite"], tmp_path / "ba.sqlite")
    with Store(ab) as one_way, Store(ba) as other_way:
        before = list(one_way.rows("trial"))
        assert before == list(other_way.rows("trial"))
    assert list(run(ab, one).values()) == before


def test_conflicting_records_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    one = study("counting")
    for name in "ab":
        run(tmp_path / f"{name}.sqlite", one)
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as raw, raw:
        raw.execute("UPDATE trial SET value = value + 1")
    with pytest.raises(InputError, match=r"another record of trial .* value differ"):
        merge([tmp_path / "a.sqlite", tmp_path / "b.sqlite"], tmp_path / "c.sqlite")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.sqlite", "b.sqlite"]


def test_times_and_host_facts_are_no_conflict(tmp_path: Path) -> None:
    one = study("counting")
    for name in "ab":
        run(tmp_path / f"{name}.sqlite", one)
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as raw, raw:
        raw.execute("UPDATE trial SET seconds = 99, wall_seconds = 99, peak_bytes = 1")
    merge([tmp_path / "b.sqlite", tmp_path / "a.sqlite"], tmp_path / "c.sqlite")
    with Store(tmp_path / "c.sqlite") as joined, Store(tmp_path / "a.sqlite") as first:
        assert list(joined.rows("trial")) == list(first.rows("trial"))


def test_merge_overwrites_nothing(tmp_path: Path) -> None:
    run(tmp_path / "a.sqlite", study("decline"))
    with pytest.raises(InputError, match="must not exist"):
        merge([tmp_path / "a.sqlite"], tmp_path / "a.sqlite")


def test_a_store_has_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store(path) as first, Store(path) as second:
        with first.writer(), pytest.raises(InputError, match="one writer"):
            second.writer().__enter__()
        with second.writer():
            pass
    assert [file.name for file in tmp_path.iterdir()] == ["store.sqlite"]


def test_the_store_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path, one = tmp_path / "store.sqlite", study("crash")
    first = run(path, one)
    with closing(sqlite3.connect(path)) as raw, raw:
        for statement in (
            "ALTER TABLE trial DROP COLUMN killed",
            "ALTER TABLE trial DROP COLUMN unexplained",
            "DROP TABLE run",
            "DROP TABLE retried",
            "DROP INDEX trial_termination",
            "UPDATE meta SET value = '1'",
        ):
            raw.execute(statement)
    with Store(path) as store:
        rows = {row["id"]: row for row in store.rows("trial")}
        assert rows == {trial: {**row, "unexplained": "", "killed": 0} for trial, row in first.items()}
        assert len(store.unexplained()) == 2


def test_resume_builds_no_instance_that_the_store_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, one = tmp_path / "store.sqlite", study("counting")
    first = run(path, one)
    monkeypatch.setattr("experiments.shelf.build_instance", lambda spec: pytest.fail(f"built {spec.label}"))
    assert run(path, one) == first
    both = run(path, study("counting", "decline"))  # the file is taken from the store
    assert len(both) == 4


@pytest.fixture(scope="module")
def deviant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deviant")
    whats = ("counting", "crash", "decline", "incumbent-then-sleep", "false-bound")
    compare(study(*whats, budget={"seconds": 0.4}), folder, jobs=8, force=True, quiet=True)
    return folder


def test_the_manifest_lists_every_deviation(deviant: Path) -> None:
    manifest = json.loads((deviant / "manifest.json").read_text())
    deviations = {name: len(found) for name, found in manifest["deviations"].items()}
    assert deviations == {
        "forced": 1,
        "interrupted": 0,
        "retried": 0,
        "killed": 2,
        "recovered": 2,
        "wrong": 2,
        "unexplained": 2,
        "declined": 2,
        "missing": 0,
    }
    assert manifest["trials"] == manifest["recorded"] == 10
    [facts] = manifest["environments"].values()
    assert {"cpu", "cores", "memory_bytes", "packages", "solvers", "routes", "limits"} <= facts.keys()
    assert "Traceback" in manifest["deviations"]["unexplained"][0]["what"]


def test_what_is_unexplained_stands_on_top_of_every_table(deviant: Path) -> None:
    for name in ("summary.md", "summary.tex", "overview.md"):
        text = (deviant / name).read_text()
        assert "[2 unexplained outcomes]" in text
        assert "Unexplained: line 2" in text


def test_check_fails_while_anything_is_unexplained(
    deviant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(deviant / "store.sqlite"), "--plugin", DUMMIES]) == 1
    said = capsys.readouterr().out
    assert "10 trials judged again, 2 wrong, 2 unexplained" in said
    assert "ZeroDivisionError" in said
    run(tmp_path / "good.sqlite", study("counting", "decline"))
    assert main(["check", str(tmp_path / "good.sqlite")]) == 0
    run(tmp_path / "good.sqlite", study("crash"))
    assert main(["check", str(tmp_path / "good.sqlite")]) == 1


def test_shards_on_the_command_line_become_one_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.toml").write_text(
        'name = "one"\nseed = 1\nfigures = []\nbudget = { seconds = 5 }\n'
        'instances = [{ generator = "line", set = { tasks = [2, 3] } }]\nmethods = [{ name = "greedy" }]\n'
    )
    folder = tmp_path / "out"
    for k in (1, 2):
        assert main(["compare", str(tmp_path / "one.toml"), "-o", str(folder), "--shard", f"{k}/2"]) == 0
    parts = [str(folder / f"store-{k}-of-2.sqlite") for k in (1, 2)]
    assert (folder / "manifest-1-of-2.json").exists()
    assert not (folder / "summary.md").exists()
    capsys.readouterr()
    assert main(["merge", *parts, "-o", str(folder / "store.sqlite")]) == 0
    assert "4 trials of 1 study" in capsys.readouterr().out
    assert main(["check", str(folder / "store.sqlite")]) == 0
    assert main(["compare", str(tmp_path / "one.toml"), "-o", str(folder), "--shard", "3/2"]) == 2
    assert main(["compare", str(tmp_path / "one.toml"), "-o", str(folder), "--retry", "crash"]) == 2
