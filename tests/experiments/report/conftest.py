"""One store for all tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.report.made import make_store


@pytest.fixture(scope="session")
def shown_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("shown"))
