"""Run every exhaustive proof in full and write what was counted to docs/evidence.md.

The default suite and CI draw seeded samples; here `TIERCUT_AUDIT=1` makes the same tests draw all
of theirs. Each test that samples says through `record_property("cases", n)` how many it checked.
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
            "-m",
            "slow",
            f"--junitxml={report}",
            *files,
        ]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, "TIERCUT_AUDIT": "1"}, check=False).returncode
        return code, ET.parse(report).getroot()


def rows(report: ET.Element) -> list[tuple[str, str, str, str]]:
    """Return (test, cases, seconds, outcome) of every test function, in order of name.

    The cases of a parametrised test are its parameters, or what its runs say that they checked.
    """
    cases, seconds, outcomes = Counter[str](), defaultdict[str, float](float), defaultdict[str, Counter[str]](Counter)
    for case in report.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name', '').partition('[')[0]}"
        outcome = next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")
        said = [p.get("value", "1") for p in case.iter("property") if p.get("name") == "cases"]
        cases[name] += int(said[0]) if said else 1
        seconds[name] += float(case.get("time", 0))
        outcomes[name][outcome] += 1
    return [
        (
            name,
            str(cases[name]),
            f"{seconds[name]:.0f}",
            ", ".join(f"{n} {what}" if len(found) > 1 else what for what, n in sorted(found.items())),
        )
        for name, found in sorted(outcomes.items())
    ]


def kept(files: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the page that are not of `files`."""
    if not files or not PAGE.exists():
        return []
    again = tuple(str(Path(file).with_suffix("")).replace("/", ".") for file in files)
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [(row[0].strip("`"), *row[1:4]) for row in lines if not row[0].strip("`").startswith(again)]


def main(files: Sequence[str]) -> int:
    code, report = run(files)
    found = sorted([*kept(files), *rows(report)])
    lines = [
        "# Evidence",
        "",
        "What `make audit` counted: tests of the exhaustive suites, how many cases each checked and how long it took. "
        "`make audit ONLY=...` runs some of them again and leaves the other rows.",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + ".",
        "",
        "| test | cases | seconds | outcome |",
        "| --- | ---: | ---: | --- |",
        *(f"| `{name}` | {cases} | {seconds} | {outcome} |" for name, cases, seconds, outcome in found),
        "",
        f"{len(found)} tests, {sum(outcome == 'passed' for *_, outcome in found)} of them passed whole.",
        "",
    ]
    PAGE.write_text("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
