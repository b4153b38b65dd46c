"""Run every exhaustive proof in full and write what was counted to docs/evidence.md.

The default suite and CI draw seeded samples; here `TIERCUT_AUDIT=1` makes the same tests draw all
of theirs. Each test that samples says through `record_property("cases", n)` how many it checked.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("numpy", "numba", "ortools", "pulp", "pyomo", "scipy")


def run() -> tuple[int, ET.Element]:
    """Run the slow suite in full; return its exit code and the JUnit report."""
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
        ]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, "TIERCUT_AUDIT": "1"}, check=False).returncode
        return code, ET.parse(report).getroot()


def rows(report: ET.Element) -> list[tuple[str, str, str, str]]:
    """Return (test, cases, seconds, outcome) of every test, in order of name."""
    found = []
    for case in report.iter("testcase"):
        bad = next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")
        cases = next((p.get("value", "") for p in case.iter("property") if p.get("name") == "cases"), "1")
        found.append((f"{case.get('classname')}.{case.get('name')}", cases, f"{float(case.get('time', 0)):.1f}", bad))
    return sorted(found)


def main() -> int:
    code, report = run()
    found = rows(report)
    lines = [
        "---",
        "orphan: true",
        "---",
        "",
        "# Evidence",
        "",
        "What `make audit` counted: every test of the exhaustive suites, how many cases it checked and how long it took.",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + ".",
        "",
        "| test | cases | seconds | outcome |",
        "| --- | ---: | ---: | --- |",
        *(f"| `{name}` | {cases} | {seconds} | {outcome} |" for name, cases, seconds, outcome in found),
        "",
        f"{len(found)} tests, {sum(outcome == 'passed' for *_, outcome in found)} passed.",
        "",
    ]
    (ROOT / "docs" / "evidence.md").write_text("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
