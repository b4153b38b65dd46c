"""Memory that is put into huge pages keeps what is in it, and a system that cannot do it is left alone."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from experiments import huge_pages


def test_nothing_in_memory_changes() -> None:
    kept = np.random.default_rng(0).integers(0, 256, 6 << 20, dtype=np.uint8)
    before = kept.copy()
    huge_pages.collapse_memory()
    assert np.array_equal(kept, before)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_only_whole_huge_pages_are_asked_for() -> None:
    kept = np.ones(6 << 20, dtype=np.uint8)
    parts = list(huge_pages._own_memory())
    begin = kept.__array_interface__["data"][0]
    assert any(low < begin + len(kept) and begin < high for low, high in parts)
    assert all(low % (2 << 20) == 0 and high % (2 << 20) == 0 and low < high for low, high in parts)


def test_a_system_without_huge_pages_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError

    monkeypatch.setattr(huge_pages, "_own_memory", none)
    huge_pages.collapse_memory()
    monkeypatch.setattr(sys, "platform", "darwin")
    huge_pages.collapse_memory()
