"""What holds for all tests.

The audit counts the cases that Hypothesis draws, long files come first, and what a file registers ends with it.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

from tests.registries import keep

hypothesis.settings.register_profile("tests", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("tests")

FIRST = (
    "tests/solvers/exact/test_branching.py",
    "tests/experiments/test_random_kills.py",
    "tests/contract/test_systems.py",
    "tests/experiments/systems/",
    "tests/solvers/decomposition/test_bounds.py",
    "tests/solvers/metaheuristics/test_methods.py",
    "tests/solvers/decomposition/test_pricing.py",
    "tests/docs/test_code_blocks.py",
    "tests/experiments/archive/test_archive.py",
    "tests/formulations/joint/test_agreement.py",
)
"""Files in the order in which the workers of pytest-xdist take them.

Long ones come first, so that no worker sits idle at the end. The first compiles most kernels, and those
after it need none, so that two workers do not compile the same.
"""


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, path in enumerate(FIRST) if item.nodeid.startswith(path)), len(FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Counter(item.path for item in items)
    places = {path: place for place, path in enumerate(tests)}
    items.sort(key=lambda item: (_turn(item), -tests[item.path], places[item.path]))
    for item in items:
        test: Any = getattr(item, "obj", None)
        if test is not None and hypothesis.is_hypothesis_test(test):
            chosen = getattr(test, "_hypothesis_internal_use_settings", hypothesis.settings.default)
            item.user_properties.append(("cases", chosen.max_examples))


def pytest_collection_finish() -> None:
    """Leave what is there for good out of garbage collection: it would be walked again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="module", autouse=True)
def _registries() -> Iterator[None]:
    """Forget methods, generators, kinds and other things that the tests of a file, or a page's blocks, register."""
    bring_back = keep()
    yield
    bring_back()
