"""Methods are found by name, made with checked parameters, and versioned by their source."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from instances.errors import InputError
from solvers import registry
from solvers.contract import Method, MethodParams, Outcome, SolutionStatus, Termination


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(MethodParams):
    steps: int = 3
    heat: float = 1.0
    loud: bool = False
    rule: str = "plain"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError("parameter steps", "must be >= 1", self.steps)


def method_class(**attributes: Any) -> Any:
    class Idle:
        """Does nothing.

        And says nothing.
        """

        Params: ClassVar[type[MethodParams]] = Params
        families: ClassVar[frozenset[str]] = frozenset({"joint"})

        def __init__(self, params: Params | None = None) -> None:
            self.params = params or Params()

        def decline(self, problem: Any, budget: Any) -> str | None:
            return None

        def solve(self, problem: Any, budget: Any, rng: Any, trace: Any) -> Outcome:
            return Outcome(plan=None, status=SolutionStatus.NONE, termination=Termination.COMPLETED)

    for name, value in attributes.items():
        setattr(Idle, name, value)
    return Idle


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.method_names()
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


def test_a_method_is_entered_with_its_summary_and_made_with_its_parameters() -> None:
    registry.register("idle", kind="rule", citation="nobody", deterministic=True)(method_class())
    entry = registry.entry("idle")
    assert (entry.summary, entry.citation, entry.deterministic, entry.anytime) == (
        "Does nothing.",
        "nobody",
        True,
        False,
    )
    assert "idle" in registry.method_names()
    made: Any = registry.make("idle", {"steps": "5", "heat": 0.5, "loud": True})
    assert isinstance(made, Method)
    assert made.params == Params(steps=5, heat=0.5, loud=True)
    assert registry.make("idle").params == Params()
    assert registry.make("idle") is not registry.make("idle")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stpes": "5"}, "method idle, stpes: unknown parameter; known are heat, loud, rule, steps"),
        ({"steps": "five"}, "method idle, steps: must be a whole number, got 'five'"),
        ({"steps": 0.5}, "method idle, steps: must be a whole number, got '0.5'"),
        ({"heat": "hot"}, "method idle, heat: must be a number, got 'hot'"),
        ({"loud": "maybe"}, "method idle, loud: must be true or false, got 'maybe'"),
        ({"steps": "0"}, "parameter steps: must be >= 1, got 0"),
    ],
)
def test_wrong_parameters_are_refused_in_one_line(settings: dict[str, Any], message: str) -> None:
    registry.register("idle", kind="rule")(method_class())
    with pytest.raises(InputError) as refused:
        registry.make("idle", settings)
    assert str(refused.value) == message


@pytest.mark.parametrize(("name", "near"), [("gready", "greedy"), ("best_reply", "best-reply"), ("LAGRANGIAN", "")])
def test_an_unknown_method_is_refused_with_the_nearest_names(name: str, near: str) -> None:
    with pytest.raises(InputError) as refused:
        registry.make(name)
    assert str(refused.value).startswith("method: must be a registered method, such as ")
    assert near in str(refused.value)
    assert str(refused.value).endswith(f"got {name!r}")


def test_a_name_is_taken_once_but_a_module_may_be_loaded_again() -> None:
    first, again = method_class(), method_class()
    other = method_class(__qualname__="Other")
    registry.register("idle", kind="rule")(first)
    registry.register("idle", kind="rule")(again)
    assert registry.entry("idle").cls is again
    with pytest.raises(InputError, match=r"^method idle: the name is taken by another method, got 'tests"):
        registry.register("idle", kind="rule")(other)
    with pytest.raises(InputError, match=r"^method greedy: the name is taken by another method, got 'solvers"):
        registry.register("greedy", kind="rule")(first)
    assert registry.entry("idle").cls is again


@pytest.mark.parametrize("missing", ["Params", "families", "decline", "solve"])
def test_a_class_without_a_part_of_the_contract_is_refused(missing: str) -> None:
    cls = method_class()
    delattr(cls, missing)
    with pytest.raises(InputError, match=f"^method idle: the class must have `{missing}`$"):
        registry.register("idle", kind="rule")(cls)
    assert "idle" not in registry.method_names()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="method idle: kind must be one of"):
        registry.register("idle", kind="clever")  # type: ignore[arg-type]


def test_every_registered_method_keeps_the_form_of_the_contract() -> None:
    for name in registry.method_names():
        entry = registry.entry(name)
        assert entry.name == name
        assert entry.summary, name
        assert entry.cls.families, name  # type: ignore[attr-defined]
        assert isinstance(registry.make(name), Method), name
        assert entry.summary == entry.summary.strip()


# versions


def load_plugin(path: Path, source: str) -> ModuleType:
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("a_plugin", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["a_plugin"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plugin_gone() -> Iterator[None]:
    yield
    sys.modules.pop("a_plugin", None)


PLUGIN = '''
from typing import ClassVar
from solvers.contract import MethodParams
class Theirs:
    """Theirs."""
    Params: ClassVar = MethodParams
    families: ClassVar = frozenset({"joint"})
    def decline(self, problem, budget): ...
    def solve(self, problem, budget, rng, trace): ...
'''


@pytest.mark.usefixtures("plugin_gone")
def test_the_version_of_a_users_method_changes_with_its_file(tmp_path: Path) -> None:
    versions = []
    for source in (PLUGIN, PLUGIN, PLUGIN + "# changed\n"):
        module = load_plugin(tmp_path / "a_plugin.py", source)
        registry.register("theirs", kind="rule")(module.Theirs)
        versions.append(registry.entry("theirs").version)
    assert versions[0] == versions[1] != versions[2]


def test_the_version_of_our_methods_changes_with_any_source_they_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    digests = []
    for name, text in (("inner/a.py", "x = 1"), ("inner/a.py", "x = 2"), ("inner/b.py", ""), ("notes.txt", "no code")):
        (package / name).write_text(text)
        registry._sources.cache_clear()
        digests.append(registry._sources("a_package"))
    sys.modules.pop("a_package", None)
    registry._sources.cache_clear()
    assert len(set(digests)) == 3
    assert digests[2] == digests[3]


def test_all_our_methods_are_of_one_version_and_a_version_is_stable() -> None:
    versions = {registry.entry(name).version for name in ("greedy", "best-reply", "lagrangian")}
    assert len(versions) == 1
    assert versions == {registry.entry("random").version}
