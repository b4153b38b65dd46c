"""Run every exhaustive proof in full and write what was counted to docs/evidence.md.

The default suite and CI draw seeded samples; here `TIERCUT_AUDIT=1` makes the same tests draw all
of theirs. Each test that samples says through `record_property("cases", n)` how many it checked, and
may note what it found through `record_property("noted", text)`. Notes of one test like ``"what: name 3, name 4"`` are
counts, and those of its runs are added up.
Test files as arguments (`make audit ONLY="..."`) run alone, and the other rows stay as they are.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "evidence.md"
PACKAGES = ("numpy", "numba", "ortools", "pulp", "pyomo", "scipy")
HEAD = ("test", "cases", "seconds", "outcome", "noted")
Row = tuple[str, ...]


def run(files: Sequence[str]) -> tuple[int, ET.Element]:
    """Run the slow suite, or that of `files`, in full; return its exit code and the JUnit report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "--dist",
            "loadfile",
            "--no-loadscope-reorder",
            "-m",
            "slow",
            f"--junitxml={report}",
            *files,
        ]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, "TIERCUT_AUDIT": "1"}, check=False).returncode
        return code, ET.parse(report).getroot()


def rows(report: ET.Element) -> list[Row]:
    """Return what `HEAD` names of every test function, in order of name.

    The cases of a parametrised test are its parameters, or what its runs say that they checked.
    """
    cases, seconds, outcomes = Counter[str](), defaultdict[str, float](float), defaultdict[str, Counter[str]](Counter)
    noted = defaultdict[str, list[str]](list)
    for case in report.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name', '').partition('[')[0]}"
        outcome = next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")
        said = {p.get("name", ""): p.get("value", "") for p in case.iter("property")}
        cases[name] += int(said.get("cases", 1))
        seconds[name] += float(case.get("time", 0))
        outcomes[name][outcome] += 1
        if "noted" in said:
            noted[name].append(said["noted"])
    return [
        (
            name,
            str(cases[name]),
            f"{seconds[name]:.0f}",
            ", ".join(f"{n} {what}" if len(found) > 1 else what for what, n in sorted(found.items())),
            "; ".join(joined(noted[name])),
        )
        for name, found in sorted(outcomes.items())
    ]


def joined(notes: Sequence[str]) -> list[str]:
    """Return the distinct notes of the runs of one test; counts of the same things are added up into one note."""
    found: dict[str, Counter[str] | None] = {}
    for note in notes:
        what, _, listed = note.partition(": ")
        parts = [part.rpartition(" ") for part in listed.split(", ")]
        if not all(name and n.isdecimal() for name, _, n in parts):
            found[note] = None
            continue
        total = found.setdefault(what, Counter())
        assert total is not None, f"{what}: counts, and a note of that name"
        total.update({name: int(n) for name, _, n in parts})
    return [
        what if total is None else f"{what}: " + ", ".join(f"{name} {n}" for name, n in total.items())
        for what, total in found.items()
    ]


def kept(files: Sequence[str]) -> list[Row]:
    """Return the rows of the page that are not of `files`."""
    if not files or not PAGE.exists():
        return []
    again = tuple(str(Path(file).with_suffix("")).replace("/", ".") for file in files)
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.read_text().splitlines()]
    found = [(cells[0].strip("`"), *cells[1:]) for cells in lines if cells and cells[0].startswith("`")]
    return [row for row in found if not row[0].startswith(again)]


def main(files: Sequence[str]) -> int:
    code, report = run(files)
    found = sorted([*kept(files), *rows(report)])
    lines = [
        "# Evidence",
        "",
        "What `make audit` counted: tests of the exhaustive suites, how many cases each checked and how long it took. "
        "`make audit ONLY=...` runs some of them again and leaves the other rows. "
        "Seconds are of wall time, whatever else the machine did meanwhile.",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + ".",
        "",
        f"| {' | '.join(HEAD)} |",
        "| --- | ---: | ---: | --- | --- |",
        *(f"| `{name}` | {' | '.join(rest)} |" for name, *rest in found),
        "",
        f"{len(found)} tests, {sum(row[3] == 'passed' for row in found)} of them passed whole.",
        "",
    ]
    PAGE.write_text("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
