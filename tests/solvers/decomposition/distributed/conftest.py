"""Problems, a client that runs every step at once in this process, and a real cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.experiments.cluster.conftest import DaskCluster, start_cluster, stop_cluster


class Here:
    """A Dask client as far as passes use one; it runs every step where it stands."""

    def map(self, step: Any, *given: Any, key: list[str], **_: Any) -> list[Any]:
        assert len(key) == len(given[0])
        return [step(*one) for one in zip(*given, strict=True)]

    def gather(self, results: list[Any]) -> list[Any]:
        return results

    def nthreads(self) -> dict[str, int]:
        return {"here": 1}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers with a thread each."""
    one = start_cluster(tmp_path_factory.mktemp("cluster"), workers=2)
    yield one
    stop_cluster(one)
