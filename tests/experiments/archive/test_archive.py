"""An archive holds all that its tables need; a stranger's archive does no harm."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.archive.documents import citation_cff
from experiments.archive.manifest import MANIFEST
from experiments.archive.rebuild import rebuild_archive
from experiments.archive.study_toml import study_toml
from experiments.archive.zip_file import write_zip
from experiments.cli.main import main
from experiments.export import stored_study
from experiments.rejudge import rejudge
from experiments.store import Store
from experiments.study import read_study, study_of
from instances.errors import InputError
from instances.files.instance_file import read_instance


@pytest.fixture(scope="module")
def archive(shown_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "shown.zip"
    assert main(["archive", str(shown_store), "-o", str(path), "--author", 'A. "Q" Researcher']) == 0
    return path


@pytest.fixture(scope="module")
def content(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def written(path: Path, members: dict[str, bytes], **changes: bytes | None) -> Path:
    """Write an archive whose manifest agrees with its members, some of them changed."""
    found: dict[str, bytes] = dict(members)
    for name, data in changes.items():
        if data is None:
            del found[name]
        else:
            found[name] = data
    manifest = json.loads(found[MANIFEST])
    manifest["members"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in found.items()
        if name != MANIFEST
    }
    write_zip(path, found | {MANIFEST: json.dumps(manifest).encode()})
    return path


# -- what is in it


def test_the_same_store_gives_the_same_bytes(shown_store: Path, archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    assert main(["archive", str(shown_store), "-o", str(again), "--author", 'A. "Q" Researcher']) == 0
    assert again.read_bytes() == archive.read_bytes()


def test_it_holds_store_study_tables_figures_data_and_papers(content: dict[str, bytes]) -> None:
    assert list(content) == sorted(content)
    for name in ("store.sqlite", "study.toml", "ARTIFACT.md", "CITATION.cff", "tables/summary.tex", "tables/gap.csv"):
        assert name in content
    assert not [name for name in content if name.endswith((".pdf", ".png"))]
    manifest = json.loads(content[MANIFEST])
    assert set(manifest["members"]) == set(content) - {MANIFEST}
    assert manifest["endings"]["crashed"] == 3
    assert "3 results are refuted by the referee" in manifest["deviations"]


def test_the_checklist_is_answered_from_the_store(content: dict[str, bytes]) -> None:
    text = content["ARTIFACT.md"].decode()
    for badge in ("available", "functional", "reusable", "reproduced", "replicated"):
        assert badge in text.split("## What is in it")[1].lower()
    assert "21 of 21 trials have a record; 12 have a plan" in text
    assert "**3 results are refuted by the referee and 3 outcomes are unexplained.**" in text
    assert "To be answered by the authors" in text
    assert "<script>" not in text  # Markdown passes HTML through
    assert "<img" not in text


def test_the_citation_is_yaml_with_its_authors(content: dict[str, bytes]) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found = yaml.safe_load(content["CITATION.cff"])
    assert found["cff-version"] == "1.2.0"
    assert found["authors"] == [{"name": 'A. "Q" Researcher'}]
    assert found["references"][0]["type"] == "software"


def test_without_authors_the_citation_says_whose_it_is(shown_store: Path) -> None:
    from experiments.archive.facts import archive_facts
    from experiments.tables.frame import frame_of

    with Store(shown_store) as store:
        study = stored_study(store)
        facts = archive_facts(store, store.study()[0], frame_of(store))
    assert "The authors of the study shown" in citation_cff(study, facts, [])


@pytest.mark.slow
def test_the_study_reads_back_with_its_files_beside_it(archive: Path, shown_store: Path, tmp_path: Path) -> None:
    folder = rebuild_archive(archive, tmp_path / "rebuilt").folder
    again = read_study(folder / "study.toml")
    with Store(shown_store) as store:
        asked = stored_study(store)
        by_label = {entry.label: entry.instance for entry in store.entries(store.study()[0])}
    assert [spec.label for spec in again.specs()] == [spec.label for spec in asked.specs()]
    assert (again.methods, again.budget, again.seed, again.title) == (
        asked.methods,
        asked.budget,
        asked.seed,
        asked.title,
    )
    [file] = [spec for spec in again.specs() if spec.file]
    assert read_instance(str(file.file)).sha256 == by_label[file.label]
    assert all(Path(plugin).is_file() for plugin in again.plugins)


def test_toml_of_a_study_says_the_same() -> None:
    text = 'quotes " and \\ and é, tab\t, line\n, \x7f'
    document: dict[str, Any] = {
        "name": "small",
        "title": text,
        "seed": 3,
        "budget": {"seconds": 1e-3, "evaluations": 5, "tolerance": 1e-4, "threads": 1},
        "instances": [{"generator": "line", "set": {"tasks": [1, 2], "odd key": [text]}, "label": "l {tasks}"}],
        "methods": [{"name": "greedy", "set": {"a": True, "b": [1, 2.5]}}, {"name": "random", "label": text}],
    }
    import tomllib

    assert study_of(tomllib.loads(study_toml(document))) == study_of(document)


# -- and back


def test_every_table_comes_back_byte_by_byte_and_every_plan_is_judged(archive: Path, tmp_path: Path) -> None:
    done = rebuild_archive(archive, tmp_path / "rebuilt")
    assert not done.different
    assert {"summary.tex", "summary.csv", "overview.md", "trials.csv", "sources.json", "gap.csv"} <= set(done.same)
    with Store(done.folder / "store.sqlite") as store:
        assert sum(bool(finding.wrong) for finding in rejudge(store)) == 3
    assert (done.folder / MANIFEST).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["rebuilt"]


def test_no_solver_is_imported(archive: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from experiments.archive.rebuild import rebuild_archive\n"
        f"assert not rebuild_archive({str(archive)!r}, {str(tmp_path / 'rebuilt')!r}).different\n"
        "print(*sorted({'ortools', 'pyomo', 'pulp', 'deap', 'pyswarms', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_table_that_was_touched_is_found_out(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "tables/summary.csv"
    path = written(tmp_path / "touched.zip", content, **{name: content[name].replace(b"1", b"2")})
    assert main(["rebuild", str(path), "-o", str(tmp_path / "out")]) == 1
    assert f"differs: {name}" in capsys.readouterr().out
    assert (tmp_path / "out" / f"{name}.archived").read_bytes() == content[name].replace(b"1", b"2")
    assert (tmp_path / "out" / name).read_bytes() == content[name]


# -- a stranger's


def refused(path: Path, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str], **more: int) -> None:
    """Check that rebuilding ends in one line with `words` and leaves nothing behind."""
    before = sorted(str(p) for p in tmp_path.rglob("*"))
    with pytest.raises(InputError, match=words):
        rebuild_archive(path, tmp_path / "out", **more)
    assert main(["rebuild", str(path), "-o", str(tmp_path / "out")]) == 2 or more
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 or more
    if not more:
        assert sorted(str(p) for p in tmp_path.rglob("*")) == before
        assert not list(tmp_path.parent.glob("evil*"))


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "tables/../../evil",
        "/evil",
        "tables//evil",
        "C:/evil",
        "..\\evil",
        "a\\..\\..\\evil",
        ".",
        "tables/",
        "~evil",
        "evil.",
        "ev\nil",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / "bad.zip"
    written(path, content)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(zipfile.ZipInfo(name), b"evil")
    refused(path, tmp_path, "member names must be|must be plain files", capsys)


def test_a_manifest_may_not_name_it_either(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads(content[MANIFEST])
    manifest["members"]["../evil"] = {"bytes": 4, "sha256": "0" * 64}
    path = tmp_path / "bad.zip"
    write_zip(path, content | {MANIFEST: json.dumps(manifest).encode()})
    refused(path, tmp_path, "member names must be", capsys)


def link(path: Path) -> None:
    info = zipfile.ZipInfo("tables/link")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(info, b"/etc/passwd")


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("study.toml", b"evil")


def twice_but_for_case(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("STUDY.toml", b"evil")


def stranger(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("more.txt", b"not in the manifest")


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = data.index(b"store.sqlite") + 3000
    data[middle : middle + 64] = os.urandom(64)
    path.write_bytes(bytes(data))


def encrypted(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(bytes(data))


def no_zip(path: Path) -> None:
    path.write_text("not a zip file")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (link, "neither links"),
        (twice, "two members of one name"),
        (twice_but_for_case, "two members of one name"),
        (stranger, "more.txt is not in the manifest"),
        (torn, "must be an archive"),
        (flipped, "must be an archive|is damaged"),
        (encrypted, "encrypted"),
        (no_zip, "must be an archive"),
        (Path.unlink, "cannot be unpacked"),
    ],
)
def test_a_damaged_or_hostile_archive_is_one_line(
    content: dict[str, bytes],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
    words: str,
) -> None:
    path = written(tmp_path / "bad.zip", content)
    damage(path)
    refused(path, tmp_path, words, capsys)


def test_a_member_that_is_not_what_the_manifest_says_is_refused(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.zip"
    write_zip(path, content | {"study.toml": content["study.toml"].replace(b"seed = 5", b"seed = 6")})
    refused(path, tmp_path, "is damaged", capsys)
    write_zip(path, content | {"study.toml": b"longer" + content["study.toml"]})
    refused(path, tmp_path, "bytes of the manifest", capsys)


@pytest.mark.slow
def test_members_that_unpack_to_too_much_are_refused_before_they_are_unpacked(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "bomb.zip", content, **{"tables/zeros.csv": bytes(30_000_000)})
    assert path.stat().st_size < 3_000_000
    refused(path, tmp_path, "may unpack to 20000000 bytes", capsys, max_bytes=20_000_000)


def test_a_member_larger_than_its_header_says_is_refused(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "lie.zip", content, **{"tables/zeros.csv": bytes(100_000)})
    data = path.read_bytes()
    small = json.loads(zipfile.ZipFile(path).read(MANIFEST))
    small["members"]["tables/zeros.csv"] = {"bytes": 10, "sha256": hashlib.sha256(bytes(10)).hexdigest()}
    write_zip(path, content | {"tables/zeros.csv": bytes(100_000), MANIFEST: json.dumps(small).encode()})
    data = path.read_bytes().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    refused(path, tmp_path, "is damaged|must be an archive", capsys)


def changed_store(content: dict[str, bytes], tmp_path: Path, *statements: str) -> bytes:
    path = tmp_path / "changed.sqlite"
    path.write_bytes(content["store.sqlite"])
    with sqlite3.connect(path) as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER UPDATE ON meta BEGIN DELETE FROM trial; END",
        "CREATE VIEW evil AS SELECT 1",
        "DROP TABLE entry",
        "DELETE FROM study",
        "UPDATE meta SET value = '999' WHERE key = 'schema_version'",
        "UPDATE study SET document = '[' ",
        'UPDATE study SET document = \'{"name": "x"}\'',
        "UPDATE trial SET identity = 'nonsense'",
        "UPDATE trial SET identity = '[]'",
        "UPDATE trial SET measures = '3'",
        "UPDATE trial SET value = 'abc'",
        "UPDATE trial SET incumbents = '[[\"a\"]]'",
    ],
)
def test_a_store_that_is_none_is_one_line(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    data = changed_store(content, tmp_path, statement)
    path = written(tmp_path / "bad.zip", content, **{"store.sqlite": data})
    refused(path, tmp_path, "store.sqlite", capsys)


def test_a_store_that_is_no_database_is_one_line(
    content: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for data in (
        b"",
        b"rubbish" * 1000,
        content["store.sqlite"][:9000],
        content["store.sqlite"][:4096] + bytes(40_000),
    ):
        path = written(tmp_path / "bad.zip", content, **{"store.sqlite": data})
        refused(path, tmp_path, "store.sqlite", capsys)


def test_a_folder_in_use_is_left_alone(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(InputError, match="must be a folder that is empty"):
        rebuild_archive(archive, tmp_path)
    with pytest.raises(InputError, match="must be a folder that is empty"):
        rebuild_archive(archive, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.slow
def test_an_empty_folder_is_taken(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert not rebuild_archive(archive, tmp_path / "empty").different


@pytest.mark.slow
def test_the_python_twins_do_the_same(shown_store: Path, archive: Path, tmp_path: Path) -> None:
    from experiments import rebuild_archive as rebuild
    from experiments import write_archive, write_report

    made = write_archive(shown_store, tmp_path / "twin.zip", authors=['A. "Q" Researcher'])
    assert made.read_bytes() == archive.read_bytes()
    done = rebuild(made, tmp_path / "twin")
    assert not done.different
    assert write_report(done.folder / "store.sqlite", tmp_path / "twin.html").stat().st_size > 100_000
