"""The report in a real browser: it opens without errors, sorts, draws, fits a phone, prints, and runs no stranger's code."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments.report.report import write_report
from experiments.store import Store

pytestmark = pytest.mark.slow

WIDTHS = (390, 1280)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"):
        options.add_argument(argument)
    if os.geteuid() == 0:  # as in containers, where the sandbox refuses root
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def address(shown_store: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    with Store(shown_store) as store:
        return write_report(store, tmp_path_factory.mktemp("report") / "report.html").as_uri()


def opened(browser: Any, address: str, width: int = 1280, dark: bool = False) -> Any:
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(address)
    return browser


def column(browser: Any, table: str, index: int) -> list[str]:
    script = "return Array.from(document.querySelector(`table[data-name='${arguments[0]}']`).tBodies[0].rows, r => r.cells[arguments[1]].textContent.trim())"
    found: list[str] = browser.execute_script(script, table, index)
    return found


def click_heading(browser: Any, table: str, index: int) -> None:
    script = "const rows = document.querySelector(`table[data-name='${arguments[0]}']`).tHead.rows; rows[rows.length - 1].cells[arguments[1]].querySelector('button').click()"
    browser.execute_script(script, table, index)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_it_opens_without_errors_and_scrolls_only_down(browser: Any, address: str, width: int, dark: bool) -> None:
    opened(browser, address, width, dark)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.documentElement.dataset.drawn") == "yes"
    wide = "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert browser.execute_script(wide) <= width
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    assert browser.execute_script(wide) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_every_figure_and_picture_is_drawn_within_its_box(browser: Any, address: str, width: int) -> None:
    opened(browser, address, width)
    script = """return Array.from(document.querySelectorAll('.canvas'), box => {
      const all = box.querySelectorAll('svg'), edges = box.getBoundingClientRect();
      const shapes = box.querySelectorAll('rect, path, circle, line');
      const out = Array.from(box.querySelectorAll('svg text, svg rect')).filter(t => {
        const r = t.getBoundingClientRect(); return r.left < edges.left - 3 || r.right > edges.right + 3; });
      return [box.parentNode.textContent.slice(0, 40), all.length, shapes.length, out.length]; })"""
    boxes = browser.execute_script(script)
    assert len(boxes) == 3 + 3 * 3  # three figures; plan, loads and map of three instances
    for name, pictures, shapes, outside in boxes:
        assert pictures >= 1, name
        assert shapes >= 1, name
        assert outside == 0, name


def test_tables_sort_numbers_as_numbers_with_codes_last(browser: Any, address: str) -> None:
    opened(browser, address)
    before = column(browser, "seconds", 0)
    for turn in range(2):
        click_heading(browser, "summary", 1)
        shown = [text.rstrip("*†") for text in column(browser, "summary", 1)]
        numbers = [float(text) for text in shown if text[0].isdigit()]
        assert len(numbers) == 4
        assert numbers == sorted(numbers, reverse=turn == 1)
        assert sorted(shown[4:]) == ["CR", "NA", "WR"]
    click_heading(browser, "summary", 0)
    names = column(browser, "summary", 0)
    assert [name.lower() for name in names] == sorted(name.lower() for name in names)
    assert column(browser, "seconds", 0) == before  # other tables stay as they are
    sort = "return Array.from(document.querySelectorAll(\"table[data-name='summary'] [aria-sort]\")).length"
    assert browser.execute_script(sort) == 1


def test_methods_are_toggled_in_all_figures(browser: Any, address: str) -> None:
    opened(browser, address)
    count = "return document.querySelectorAll(\".series[data-method='2']\").length"
    marks = "return document.querySelectorAll(\"[data-chart='gap'] .mark\").length"
    before, marked = browser.execute_script(count), browser.execute_script(marks)
    assert before == 3
    chip = browser.find_elements("css selector", "#toggles button")[2]
    chip.click()
    assert chip.get_attribute("aria-pressed") == "false"
    assert browser.execute_script(count) == 0
    assert browser.execute_script(marks) < marked
    chip.click()
    assert browser.execute_script(count) == before


def point_at(browser: Any, element: Any) -> None:
    """Bring an element into view, let scrolling end, and stand on it."""
    from selenium.webdriver import ActionChains

    script = """const done = arguments[1]; arguments[0].scrollIntoView({ block: 'center' });
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))"""
    browser.execute_async_script(script, element)
    ActionChains(browser).move_to_element(element).perform()


def test_the_pointer_is_told_the_values(browser: Any, address: str) -> None:
    opened(browser, address)
    mark = browser.find_elements("css selector", "[data-chart='effort'] .mark")[0]
    point_at(browser, mark)
    tip = browser.find_element("id", "tip")
    assert tip.is_displayed()
    assert "gap" in tip.text
    assert " s" in tip.text
    block = browser.find_elements("css selector", ".picture.plan rect")[0]
    point_at(browser, block)
    assert "up to layer" in tip.text


def test_another_method_s_plan_is_shown_on_demand(browser: Any, address: str) -> None:
    opened(browser, address)
    count = (
        "return ['device', 'edge'].map(t => document.querySelectorAll(`#instance-0 .picture.plan rect.${t}`).length)"
    )
    options = [o.text for o in browser.find_elements("css selector", "#plan-0 option")]
    counts = {}
    for index, name in enumerate(options):
        script = (
            "const s = document.getElementById('plan-0'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))"
        )
        browser.execute_script(script, str(index))
        counts[name] = browser.execute_script(count)
        about = browser.find_element("css selector", "#instance-0 .about").text
        assert about.startswith("value ")
    assert counts["all-local"][0] > 0 == counts["all-local"][1]
    assert counts["all-edge"][1] > 0 == counts["all-edge"][0]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_stranger_s_code_runs_and_nothing_is_fetched(browser: Any, address: str, width: int) -> None:
    opened(browser, address, width)
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    for shape in browser.find_elements("css selector", "#instance-2 .picture [data-tip]")[:3]:
        point_at(browser, shape)
    assert "hacked" in browser.execute_script("return document.getElementById('tip').textContent")
    assert browser.execute_script("return typeof window.hacked") == "undefined"
    assert (
        browser.execute_script(
            "return document.querySelectorAll('main :not(.drawn) > img, svg img, svg script').length"
        )
        == 0
    )
    fetched = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'))"
    assert browser.execute_script(fetched) == []
    assert browser.get_log("browser") == []


def test_it_prints_with_everything_open(browser: Any, address: str) -> None:
    opened(browser, address)
    asked = {"printBackground": True, "preferCSSPageSize": True}
    data = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", asked)["data"])
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 3 or len(data) > 50_000
    assert browser.execute_script("return document.querySelectorAll('details:not([open])').length") == 0
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.execute_script("return getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_it_is_dark_where_the_reader_s_screen_is(browser: Any, address: str) -> None:
    shade = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    assert opened(browser, address, dark=True).execute_script(shade) < 60
    assert opened(browser, address, dark=False).execute_script(shade) > 200
