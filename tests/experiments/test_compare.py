"""A comparison loses nothing, runs nothing twice, and exports the same bytes from the same store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.api import Comparison, compare, table
from experiments.comparison import run_study
from experiments.export import export_store
from experiments.rejudge import rejudge
from experiments.runner import RunnerOptions
from experiments.store import Store
from experiments.study import Study, study_of
from experiments.tables.frame import frame_of
from instances.errors import InputError

DUMMIES = str(Path(__file__).with_name("dummies.py"))


def study(*whats: str, **more: Any) -> Study:
    return study_of(
        {
            "name": "small",
            "title": "Small",
            "seed": 1,
            "bound": "none",
            "budget": {"seconds": 20},
            "instances": [{"generator": "line", "set": {"tasks": [2, 3]}, "label": "line {tasks}"}],
            "methods": [{"name": "dummy", "label": what, "set": {"what": what}} for what in whats],
            "plugins": [DUMMIES],
            **more,
        }
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    whats = ("nothing", "incumbent-then-sleep", "decline", "crash", "false-bound")
    return compare(
        study(*whats, tables=["seconds"], budget={"seconds": 0.4}),
        tmp_path_factory.mktemp("done"),
        jobs=4,
        force=True,
        quiet=True,
    )


def run(store: Store, one: Study) -> None:
    run_study(one, store, options=RunnerOptions(warm_up_s=0), quiet=True)


def test_every_trial_has_one_terminal_record(done: Comparison) -> None:
    frame = done.frame
    assert len(frame) == 10
    by = frame[frame["label"] == "line 2"].set_index("title")["code"].to_dict()
    assert by == {"nothing": "", "incumbent-then-sleep": "", "decline": "NA", "crash": "CR", "false-bound": "WR"}
    assert bool(frame.loc[frame["title"] == "incumbent-then-sleep", "recovered"].all())


def test_resume_runs_nothing_twice(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        run(store, study("nothing"))
        first = {row["id"]: row["finished"] for row in store.trials()}
        run(store, study("nothing", "decline"))
        second = {row["id"]: row["finished"] for row in store.trials()}
    assert len(first) == 2
    assert len(second) == 4
    assert first.items() <= second.items()


def test_another_seed_budget_or_repetition_is_another_trial(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        for one in (study("nothing"), study("nothing", seed=2), study("nothing", budget={"seconds": 19})):
            run(store, one)
        run(store, study("nothing", repetitions=2))
        assert sum(1 for _ in store.trials()) == 8


def test_an_interrupted_study_keeps_what_was_reported_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        keep, calls = store.add_record, []

        def interrupted(*arguments: Any) -> None:
            if calls:
                raise KeyboardInterrupt
            calls.append(keep(*arguments))

        monkeypatch.setattr(store, "add_record", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(store, study("nothing", "decline"))
        monkeypatch.undo()
        before = {row["id"] for row in store.trials()}
        assert len(before) == 1
        assert frame_of(store)["termination"].tolist().count("not run") == 3
        run(store, study("nothing", "decline"))
        assert before < {row["id"] for row in store.trials()}


def test_the_same_store_gives_the_same_bytes(done: Comparison, tmp_path: Path) -> None:
    with Store(done.store) as store:
        export_store(store, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert {"summary.csv", "summary.md", "summary.tex", "seconds.tex", "sources.json", "gap.csv", "anytime.png"} <= set(
        names
    )
    for name in names:
        assert (tmp_path / name).read_bytes() == (done.folder / name).read_bytes(), name


def test_sources_lead_from_a_cell_to_its_trials(done: Comparison) -> None:
    sources = json.loads((done.folder / "sources.json").read_text())
    [place] = sources["tables"]["summary"]["nothing"]["line 2 value"]
    trial = sources["trials"][place]
    mine = done.frame[(done.frame["title"] == "nothing") & (done.frame["label"] == "line 2")]
    assert mine["trial"].tolist() == [trial]


def test_codes_and_reasons_stand_in_the_table_and_its_notes(done: Comparison) -> None:
    text = table(done)
    assert "NA, does not feel like it" in text
    assert "CR, ZeroDivisionError: the tenth layer" in text or "CR, is missing" in text
    assert "WR" in text
    with pytest.raises(InputError, match="must be one of summary"):
        table(done, "sumary")


def test_judging_a_store_again_finds_what_is_wrong_and_only_that(done: Comparison) -> None:
    with Store(done.store) as store:
        wrong = [finding for finding in rejudge(store) if finding.wrong]
        assert len(wrong) == 2
        assert all("above the value" in finding.wrong for finding in wrong)


def test_judging_again_finds_a_value_that_was_tampered_with(tmp_path: Path) -> None:
    import sqlite3

    with Store(tmp_path / "store.sqlite") as store:
        run(store, study("nothing"))
    with sqlite3.connect(tmp_path / "store.sqlite") as raw:
        raw.execute("UPDATE trial SET value = value * 0.9")
    with Store(tmp_path / "store.sqlite") as store:
        assert all("the referee" in finding.wrong for finding in rejudge(store))


def test_a_claimed_optimum_is_refuted_by_another_methods_plan(tmp_path: Path) -> None:
    both = {"methods": [{"name": "dummy", "set": {"what": "false-optimum"}}, {"name": "greedy"}]}
    with Store(tmp_path / "store.sqlite") as store:
        run(store, study(**both))
        frame = frame_of(store)
    wrong = frame[frame["verdict"] == "wrong"]
    assert set(wrong["method"]) == {"dummy"}
    assert wrong["reason"].str.contains("another method has").all()


def test_a_store_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_text("not a database, not at all, really not one")
    with pytest.raises(InputError, match="must be a store"):
        Store(path)
    with pytest.raises(InputError, match="exists"):
        Store(tmp_path / "none.sqlite", must_exist=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": [{"name": "gredy"}]}, "must be a registered method"),
        ({"methods": [{"name": "dummy", "set": {"whatt": "nothing"}}]}, "whatt"),
        ({"instances": [{"generator": "line", "label": "line 2", "set": {"task": 2}}]}, "instance line 2: .*task"),
        ({"instances": [{"generator": "lane"}]}, "generator: must be one of"),
        ({"instances": [{"generator": "line", "problem": {"sharing": "fair"}}]}, "sharing: must be"),
        ({"instances": [{"files": ["nowhere.json"]}]}, "nowhere.json: must be an instance file"),
        ({"tables": ["sumary"]}, "tables: must be a table or a metric, such as summary"),
        ({"metrics": ["gapp"]}, "must be a registered metric"),
        ({"figures": ["gaps"]}, "figures: must be of gap"),
        ({"plugins": ["nowhere.py"]}, "must be a Python file"),
        ({"budget": {"seconds": 1, "threads": 9999}}, "jobs times threads"),
    ],
)
def test_a_study_at_fault_is_refused_before_anything_is_written(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        compare(study("nothing", **change), tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()
