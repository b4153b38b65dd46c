"""The report is one file that shows what the tables show, what is wrong first, and lets no name do harm."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.export import tables_of
from experiments.report.report import embedded, render_report
from experiments.store import Store
from tests.experiments.report.made import HOSTILE


class Page(HTMLParser):
    """Elements, attributes and the cells of tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.scripts: list[str] = []
        self._table: list[list[str]] | None = None
        self._cell = False
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag == "table":
            self._table = self.tables.setdefault(str(found["data-name"]), [])
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in ("td", "th") and self._table is not None:
            self._table[-1].append("")
            self._cell = True
        elif tag == "script":
            self._script = True
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False
        elif tag == "table":
            self._table = None
        elif tag == "script":
            self._script = False

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[-1] += data
        elif self._cell and self._table is not None:
            self._table[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def text(shown_store: Path) -> str:
    with Store(shown_store) as store:
        return render_report(store)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_same_store_gives_the_same_text(shown_store: Path, text: str) -> None:
    with Store(shown_store) as store:
        assert render_report(store) == text


def test_nothing_is_loaded_from_anywhere(text: str, page: Page) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, name, value)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|WebSocket)\s*\(", page.scripts[1])


def test_what_is_unexplained_or_wrong_stands_before_everything_else(text: str) -> None:
    unexplained, wrong = text.index("3 trials unexplained"), text.index("3 trials wrong")
    assert unexplained < wrong < text.index('<ul class="tiles">') < text.index("<nav")
    assert "the tenth layer" in text[unexplained:wrong]
    assert "No outcome is unexplained" not in text


def test_tables_are_those_that_are_exported(shown_store: Path, page: Page) -> None:
    with Store(shown_store) as store:
        _, tables = tables_of(store)
    for table in tables:
        if table.name == "methods":  # shown as cards
            continue
        keys = 2 if any(row.group for row in table.rows) else 1
        rows = [row for row in page.tables[table.name] if len(row) == keys + len(table.columns)][1:]
        shown = {tuple(row[:keys]): row[keys:] for row in rows}
        for row in (*table.rows, *table.footer):
            texts = [cell.text + "*" * cell.star + "†" * cell.dagger for cell in row.cells]
            assert shown[(row.group, row.heading)[-keys:]] == texts, table.name


def test_hostile_names_stay_words(text: str, page: Page) -> None:
    assert [tag for tag, _ in page.tags].count("script") == len(page.scripts) == 2
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag != "img" or str(attributes["src"]).startswith("data:image/png;base64,")
    assert "<img src=x" not in text
    assert "49" not in re.findall(r"Shown [^<]*", text)[0]  # templates in names are not run
    data = json.loads(page.scripts[0])
    assert any(HOSTILE in method[0] for method in data["charts"]["methods"])
    assert HOSTILE in data["pages"][2]["scene"]["networks"][0]["name"]


def test_embedded_data_cannot_end_their_element() -> None:
    value = {"a": "</script><!--<script>", "b": "\u2028&"}
    text = str(embedded(value))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == value


def test_every_method_with_a_plan_has_its_picture_the_best_first(page: Page) -> None:
    for found in json.loads(page.scripts[0])["pages"]:
        names = {plan["method"].split(" ")[0] for plan in found["plans"]}
        assert names == {"all-local", "all-edge", "lagrangian", "greedy"}
        values = [plan["value"] for plan in found["plans"]]
        assert values == sorted(values)


def test_the_command_writes_one_file(shown_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "deep" / "report.html"
    assert main(["report", str(shown_store), "-o", str(target)]) == 0
    assert target.read_text().startswith("<!DOCTYPE html>")
    assert [p.name for p in target.parent.iterdir()] == ["report.html"]
    assert capsys.readouterr().out.strip() == str(target)


@pytest.mark.parametrize("content", [None, b"", b"not a store at all, by any means"])
def test_what_is_no_store_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "x.sqlite"
    if content is not None:
        path.write_bytes(content)
    assert main(["report", str(path), "-o", str(tmp_path / "r.html")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "r.html").exists()
