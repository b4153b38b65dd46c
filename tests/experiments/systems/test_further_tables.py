"""A system may have several tables: all are printed, written and given to programs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from experiments.cli.main import main
from experiments.systems import system as register
from experiments.systems.bench import Bench
from experiments.systems.system import Measured, system_named


@pytest.fixture
def two_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the system `clio` claim nothing and measure two tables."""

    class Dummy:
        """A dummy."""

        claims = ()

        def measure(self, bench: Bench) -> Measured:
            return Measured(
                table=pd.DataFrame({"method": ["a"], "gap": [0.25]}),
                facts={},
                further={"sensitivity": pd.DataFrame({"setting": ["slow"], "least": [float("inf")]})},
            )

    one = system_named("clio")
    monkeypatch.setitem(register._REGISTRY, "clio", dataclasses.replace(one, cls=Dummy))


@pytest.mark.usefixtures("two_tables")
def test_every_table_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "clio", "-o", str(tmp_path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines.index(["method", "gap"]) < lines.index(["sensitivity"]) < lines.index(["setting", "least"])
    assert (tmp_path / "clio.csv").read_text() == "method,gap\na,0.25\n"
    assert (tmp_path / "clio-sensitivity.csv").read_text() == "setting,least\nslow,inf\n"
    text = (tmp_path / "clio.md").read_text()
    assert "\n\nsensitivity:\n\n| setting | least |\n" in text


@pytest.mark.usefixtures("two_tables")
def test_every_table_is_given_to_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "clio", "--json", "-o", str(tmp_path)]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["table"] == [{"method": "a", "gap": 0.25}]
    assert found["further"] == {"sensitivity": [{"setting": "slow", "least": None}]}
