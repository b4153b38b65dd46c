from __future__ import annotations

from pathlib import Path

import pytest

from instances.files.instance_file import write_instance
from tests.instances.samples import small_instance


@pytest.fixture(scope="module")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of one small instance in each layout."""
    folder = tmp_path_factory.mktemp("samples")
    files = {}
    for layout in ("json", "columnar"):
        path: Path = folder / layout
        write_instance(small_instance(1), path, layout)  # type: ignore[arg-type]
        files[layout] = path.read_bytes()
    return files
