"""The LaTeX of every table and the macros compile with a real TeX."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from experiments.api import compare
from experiments.export import export_store
from experiments.store import Store
from experiments.tables.catalogue import TABLES
from experiments.tables.latex import PACKAGES

METHODS = [
    {"name": "greedy"},
    {"name": "best-reply", "label": "best_reply & 50% {x} #1 ~^$\\"},
    {"name": "all-local", "label": "lokal – β² ≥ <1> |*|"},
    {"name": "random"},
]


@pytest.mark.slow
def test_every_table_and_every_macro_compile(tmp_path: Path) -> None:
    tex = shutil.which("pdflatex")
    if tex is None:
        pytest.skip("no pdflatex: install texlive-latex-base, texlive-latex-recommended and texlive-science")
    study = {
        "name": "tex",
        "title": "Tables & their 100% of _signs_",
        "seed": 1,
        "repetitions": 2,
        "budget": {"seconds": 5},
        "instances": [
            {"generator": "line", "label": "line_{tasks} #{seed}", "seeds": [1, 2, 3], "set": {"tasks": [2, 3]}}
        ],
        "methods": METHODS,
        "tables": ["seconds", "primal-integral"],
    }
    done = compare(study, tmp_path / "study", quiet=True)
    with Store(done.store) as store:
        written = export_store(store, tmp_path / "tex", tables=["all"], figures=[]).written
    tables = [path for path in written if path.suffix == ".tex" and path.name != "numbers.tex"]
    assert {path.stem for path in tables} >= set(TABLES)
    lines = [
        "\\documentclass{article}",
        f"\\usepackage{{{','.join(PACKAGES)}}}",
        "\\input{numbers}",
        "\\begin{document}",
    ]
    lines.append("\\tcTrials{} trials, \\tcOverviewGreedyMeanGapToBest{} \\%.")
    lines += [f"\\input{{{path.stem}}}\\clearpage" for path in tables]
    (tmp_path / "tex" / "all.tex").write_text("\n".join([*lines, "\\end{document}"]))
    for _ in range(2):  # longtable finds its widths in the second run
        run = subprocess.run(
            [tex, "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
            cwd=tmp_path / "tex",
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-3000:]
    assert "Missing character" not in run.stdout
    assert (tmp_path / "tex" / "all.pdf").stat().st_size > 20_000
