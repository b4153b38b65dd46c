"""Whatever happens to an instance file, reading it succeeds or ends in a one-line `InputError`."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.errors import InputError
from instances.files.instance_file import read_instance
from tests.instances.files.mutations import mutated

seeds = st.integers(0, 2**64 - 1)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated") / "file"


def read_or_refuse(path: Path, data: bytes) -> bool:
    """Return whether `data` reads; anything but an instance or a one-line `InputError` fails the test."""
    path.write_bytes(data)
    try:
        assert read_instance(path).sha256
    except InputError as error:
        text = str(error)
        assert text.startswith(f"{path}: ")
        assert text.isprintable()
        assert len(text) <= 1000
        return False
    return True


@pytest.mark.parametrize("layout", ["json", "columnar"])
@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=seeds)
def test_a_damaged_file_reads_or_is_refused(path: Path, sample_files: dict[str, bytes], layout: str, seed: int) -> None:
    read_or_refuse(path, mutated(sample_files[layout], Random(seed))[1])


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["json", "columnar"])
@settings(max_examples=2_000, deadline=None)
@given(seed=seeds)
def test_thousands_of_damaged_files_read_or_are_refused(
    path: Path, sample_files: dict[str, bytes], layout: str, seed: int
) -> None:
    read_or_refuse(path, mutated(sample_files[layout], Random(seed))[1])


@pytest.mark.parametrize("layout", ["json", "columnar"])
def test_the_mutations_do_damage_and_reach_every_kind(path: Path, sample_files: dict[str, bytes], layout: str) -> None:
    done, read = set(), 0
    for seed in range(300):
        what, data = mutated(sample_files[layout], Random(seed))
        done.add(what)
        read += read_or_refuse(path, data)
    assert {"flip_bytes", "truncate"} <= done
    assert len(done) >= 10 if layout == "json" else len(done) >= 14
    assert 0 < read < 150  # some survive, as a damaged provenance does, but most are refused
