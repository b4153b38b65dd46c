"""What a test file registers is gone after it."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.plugins import load_plugin, plugin_files
from instances.nodes.catalogue import kind_names, load_kinds
from solvers.registry import method_names
from tests.registries import keep

ROOT = Path(__file__).parents[1]


def test_methods_kinds_and_plugins_are_forgotten_and_may_come_again() -> None:
    bring_back = keep()
    methods, kinds, files = method_names(), kind_names(), plugin_files()
    for _ in range(2):
        name = load_plugin(ROOT / "examples" / "my_method.py")
        load_kinds(ROOT / "docs" / "files" / "my_kinds.toml")
        assert "coin" in method_names()
        assert len(kind_names()) > len(kinds)
        bring_back()
        assert method_names() == methods
        assert kind_names() == kinds
        assert plugin_files() == files
        assert name not in sys.modules
