"""A user's file is run once a process, under whatever name the process first knew it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from experiments.plugins import load_plugin, plugin_files
from instances.errors import InputError
from solvers.registry import entry

_METHOD = '''
from solvers.contract import MethodParams
from solvers.registry import register


@register("{name}", kind="rule")
class Mine:
    """A method of the user's."""

    Params = MethodParams
    families = frozenset({{"joint"}})

    def __init__(self, params):
        self.params = params

    def decline(self, problem, budget):
        return "never runs"

    def solve(self, problem, budget, rng, trace):
        raise NotImplementedError
'''


def test_a_file_that_was_imported_as_a_module_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "imported_first.py"
    file.write_text(_METHOD.format(name="imported-first"))
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("imported_first")
    assert load_plugin(file) == "imported_first"
    assert entry("imported-first").cls is module.Mine
    assert str(file) in plugin_files()


def test_a_file_is_run_once_however_its_path_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "counted.py"
    file.write_text("import builtins\nbuiltins.tiercut_runs = getattr(builtins, 'tiercut_runs', 0) + 1\n")
    monkeypatch.chdir(tmp_path)
    names = {load_plugin(file), load_plugin("counted.py"), load_plugin(f"../{tmp_path.name}/counted.py")}
    assert len(names) == 1
    assert sys.modules[names.pop()].builtins.tiercut_runs == 1


def test_a_copy_of_a_file_is_the_same_plugin(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "copied.py").write_text(_METHOD.format(name="copied"))
    assert load_plugin(tmp_path / "a" / "copied.py") == load_plugin(tmp_path / "b" / "copied.py")


def test_two_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text(f"folder = {folder!r}\n")
    names = [load_plugin(tmp_path / folder / "same.py") for folder in ("a", "b")]
    assert [sys.modules[name].folder for name in names] == ["a", "b"]


def test_a_script_that_exits_is_no_plugin(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(InputError, match="line 2: SystemExit: 3"):
        load_plugin(file)
