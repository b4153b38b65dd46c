"""Every test whose cases Hypothesis draws says how many: the audit counts them."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        test: Any = getattr(item, "obj", None)
        if test is not None and hypothesis.is_hypothesis_test(test):
            chosen = getattr(test, "_hypothesis_internal_use_settings", hypothesis.settings.default)
            item.user_properties.append(("cases", chosen.max_examples))
