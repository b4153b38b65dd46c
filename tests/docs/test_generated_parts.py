"""The generated parts say what the registries and the code say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from instances.generators.registry import generator_names, get_generator
from instances.networks.catalogue import network_names
from instances.nodes.catalogue import kind_names, node_entry
from solvers.contract import Budget
from solvers.registry import method_names

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("parts")
    # in a process of its own: the extension's modules are no package, and plugins of other tests are not theirs
    script = (
        f"import sys; sys.path[:0] = [{str(DOCS / '_ext')!r}, {str(DOCS.parent)!r}]\n"
        f"from pathlib import Path; import generated_pages; generated_pages.write_parts(Path({str(folder)!r}))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_every_part_is_included_by_a_page(parts: dict[str, str]) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    assert [name for name in parts if f"_generated/{name}" not in pages] == []


def test_every_own_method_has_a_section(parts: dict[str, str]) -> None:
    from solvers.registry import entry

    own = [name for name in method_names() if entry(name).cls.__module__.startswith("solvers.")]
    assert [name for name in own if f"(method-{name})=" not in parts["methods.md"]] == []


def test_the_page_of_schedules_names_every_own_method_of_the_family() -> None:
    from solvers.registry import entry, make

    page = (DOCS / "problem-schedule.md").read_text(encoding="utf-8").partition("## Methods")[2]
    own = [name for name in method_names() if entry(name).cls.__module__.startswith("solvers.")]
    assert [name for name in own if "schedule" in make(name).families and f"`{name}`" not in page] == []


def test_networks_and_kinds_are_all_listed(parts: dict[str, str]) -> None:
    assert [name for name in network_names() if f"| `{name}` |" not in parts["networks.md"]] == []
    assert [name for name in kind_names() if f"(kind-{name})=" not in parts["kind_figures.md"]] == []


def test_every_assumed_figure_is_marked(parts: dict[str, str]) -> None:
    for name in kind_names():
        for reason in node_entry(name).assumed.values():
            assert f"**assumed**: {reason}".replace("|", "\\|") in parts["kind_figures.md"]


def test_every_parameter_of_every_generator_is_documented_with_its_default(parts: dict[str, str]) -> None:
    text = parts["generators.md"] + parts["common_parameters.md"] + parts["site_parameters.md"]
    for name in generator_names():
        one = get_generator(name)
        if one.function.__module__.startswith("instances."):
            for parameter, (_, default) in one.parameters().items():
                assert f"| `{parameter}` |" in text
                assert (f"`{default}`" if default else "| empty |") in text


def test_no_parameter_is_without_a_meaning(parts: dict[str, str]) -> None:
    for name in ("generators.md", "common_parameters.md", "site_parameters.md", "methods.md", "budget.md"):
        empty = [line for line in parts[name].splitlines() if line.startswith("| `") and line.endswith("|  |")]
        assert not empty, f"{name}: {empty}"


def test_the_budget_has_all_its_fields(parts: dict[str, str]) -> None:
    assert all(f"| `{name}` |" in parts["budget.md"] for name in Budget.__dataclass_fields__)


def test_examples_of_commands_stand_on_lines_of_their_own(parts: dict[str, str]) -> None:
    assert "\\b" not in parts["commands.md"]
    assert "\n    tiercut check results/demo/store.sqlite\n" in parts["commands.md"]


def test_every_published_system_has_a_page_with_its_claims_and_what_is_reconstructed(tmp_path: Path) -> None:
    from experiments.systems.system import systems

    (tmp_path / "gone.md").write_text("# Gone")
    script = (
        f"import sys; sys.path[:0] = [{str(DOCS / '_ext')!r}, {str(DOCS.parent)!r}]\n"
        f"from pathlib import Path; import generated_systems; generated_systems.write_pages(Path({str(tmp_path)!r}))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert {path.stem for path in tmp_path.iterdir()} == {one.name for one in systems()}
    for one in systems():
        text = (tmp_path / f"{one.name}.md").read_text(encoding="utf-8")
        assert [claim.name for claim in one.claims if f"| `{claim.name}` |" not in text] == []
        assert [part for part in one.reconstruction if f"- {part}" not in text] == []
        assert [name for name in one.methods if f"#method-{name}" not in text] == []
