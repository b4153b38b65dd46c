"""Every command and every Python block of the documentation runs, and prints what the page shows.

A line ``% test: ...`` before a block says how it is treated:

- ``slow``: run only with the slow tests;
- ``skip (reason)``: not run (it installs something, or needs a file that the reader has);
- ``output``: a text block that the block before it prints, numbers to a relative 1e-6, hashes aside;
- ``output shape``: the same with any numbers (times depend on the machine);
- ``output first``: the same as the first thing printed, before what later commands print.

The slow tests run each block in a process of its own, as a reader does. Otherwise ``tiercut`` and Python run
here, all of a page in one session, except on pages that register something or start a cluster.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.cli.main import main

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
SKIPPED = {"quickstart": 2, "add-a-network": 2, "cluster": 1, "distributed": 1, "problem-placement": 1}
APART = {p.stem for p in PAGES if p.stem.startswith("add-a-")} | {"cluster", "distributed"}
FENCE = re.compile(r"(?:^% test: (?P<how>[^\n]*)\n)?^```(?P<lang>bash|python|text)\n(?P<code>.*?)^```$", re.M | re.S)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Block:
    line: int
    lang: str
    how: str
    code: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(text[: m.start("code")].count("\n"), m["lang"], m["how"] or "", m["code"]) for m in FENCE.finditer(text)
    ]


def words(text: str) -> list[str]:
    # rules and borders of tables are as wide as their numbers
    return [word for word in text.split() if not set(word) <= set("─━-+|")]


def same_word(shown: str, got: str, *, shape: bool) -> bool:
    if re.fullmatch(r"\(?[0-9a-f]{12,64}\)?", shown):
        return bool(re.fullmatch(r"\(?[0-9a-f]{12,64}\)?", got))
    if NUMBER.sub("#", shown).rstrip("*") != NUMBER.sub("#", got).rstrip("*"):
        return False
    numbers = zip(NUMBER.findall(shown), NUMBER.findall(got), strict=True)
    return shape or all(math.isclose(float(a), float(b), rel_tol=1e-6) for a, b in numbers)


def check_output(block: Block, printed: str, where: str) -> None:
    shown, got = words(block.code), words(printed)
    if block.how == "output first":
        got = got[: len(shown)]
    assert len(shown) == len(got), f"{where}: shows\n{block.code}\nbut printed\n{printed}"
    for one, two in zip(shown, got, strict=True):
        assert same_word(one, two, shape="shape" in block.how), f"{where}: shows {one!r}, printed {two!r} in\n{printed}"


def commands_of(block: Block) -> list[list[str]] | None:
    """Return the words of each command of a block that has nothing but calls of ``tiercut``."""
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.lang != "bash" or not all(line.startswith("tiercut ") for line in lines):
        return None
    return None if re.search(r"[|&;<>$`*?#]", block.code) else [shlex.split(line) for line in lines]


class Here:
    """Runs blocks in this process: Python in one namespace, ``tiercut`` by its main function."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names = folder, dict[str, Any](__name__="__main__")

    def run(self, block: Block, where: str) -> str | None:
        """Return what the block prints, None where it needs a shell."""
        commands = commands_of(block)
        if block.lang == "bash" and commands is None:
            return None
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(io.StringIO()) as printed:
            if block.lang == "python":
                exec(compile(block.code, where, "exec"), self.names)
            for _, *arguments in commands or ():
                assert main(arguments) == 0, f"{where}: {arguments}"
        return printed.getvalue()


class Apart:
    """Runs each block in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.session = folder, ""
        self.environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        self.environment |= {"PYTHONPATH": str(DOCS.parent)}

    def run(self, block: Block, where: str) -> str:
        """Return what the block prints."""
        if block.lang == "bash":
            command = ["bash", "-euo", "pipefail", "-c", block.code]
        else:
            # what earlier blocks defined is made again, silently, so that each block's output stands alone
            quiet = (
                f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n{indented(self.session)}\n"
            )
            command = [sys.executable, "-c", (quiet if self.session else "") + block.code]
            self.session += block.code
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, f"{where}: exit code {done.returncode}\n{block.code}\n{done.stdout}{done.stderr}"
        return done.stdout


def run_page(page: Path, folder: Path, *, slow: bool) -> None:
    """Run the page's blocks in order in one folder; slow ones only if asked."""
    for file in (DOCS / "files").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    apart, here = Apart(folder), None if slow or page.stem in APART else Here(folder)
    printed, previous = "", ""
    for block in blocks_of(page):
        where = f"{page.name}, line {block.line}"
        if block.how.startswith("output"):
            if previous != "not run":
                check_output(block, printed, where)
            continue
        if block.lang == "text":
            continue
        previous = "not run"
        if block.how.startswith("skip") or (block.how == "slow" and not slow):
            continue
        previous = "run"
        found = None if here is None else here.run(block, where)
        printed = apart.run(block, where) if found is None else found


def indented(code: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())


def has_code(page: Path, *, slow: bool) -> bool:
    blocks = [b for b in blocks_of(page) if b.lang in ("bash", "python") and not b.how.startswith("skip")]
    return any(slow or b.how != "slow" for b in blocks)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("COLUMNS", "200")


# most of their blocks need a process of their own: they run in the slow suite alone
LONG = {"add-a-network", "add-a-generator", "plan-files"}
QUICK = [page for page in PAGES if has_code(page, slow=False) and page.stem not in LONG]


@pytest.mark.parametrize("page", QUICK, ids=lambda page: page.stem)
def test_blocks_of_the_page_run(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if has_code(p, slow=True)], ids=lambda page: page.stem)
def test_all_blocks_of_the_page_run(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path, slow=True)


def test_only_calls_of_tiercut_run_without_a_shell() -> None:
    def commands(code: str) -> list[list[str]] | None:
        return commands_of(Block(0, "bash", "", code))

    assert commands('tiercut list x \\\n  --set "a b"\ntiercut check y\n') == [
        ["tiercut", "list", "x", "--set", "a b"],
        ["tiercut", "check", "y"],
    ]
    for other in ("tiercut list x > y\n", "tiercut list x || true\n", "sed s/a/b/ x\n", "tiercut check *.json\n"):
        assert commands(other) is None


def test_only_known_blocks_are_skipped() -> None:
    skipped = {p.stem: sum(b.how.startswith("skip") for b in blocks_of(p)) for p in PAGES}
    assert {stem: count for stem, count in skipped.items() if count} == SKIPPED


def test_the_comparison_of_output_can_fail() -> None:
    block = Block(0, "text", "output", "value 1.5 s (0123456789ab)\n")
    check_output(block, "value   1.5000001 s (ba9876543210)", "here")
    for wrong in (
        "value 1.6 s (0123456789ab)",
        "bound 1.5 s (0123456789ab)",
        "value 1.5 s",
        "value x s (0123456789ab)",
    ):
        with pytest.raises(AssertionError):
            check_output(block, wrong, "here")


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([\w./-]+\.md)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
