"""The words that go with an archive: `ARTIFACT.md` after the ACM's badge checklist, and `CITATION.cff`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments.archive.facts import ArchiveFacts
from experiments.study import Study

__all__ = ["artifact_md", "citation_cff", "made_with"]

_MARKDOWN = {letter: f"\\{letter}" for letter in "\\`*_{}[]|#"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def made_with() -> str:
    """Return the version of the workbench."""
    try:
        return version("tiercut")
    except PackageNotFoundError:
        return "unknown"


def artifact_md(study: Study, facts: ArchiveFacts, extras: Sequence[str]) -> str:
    """Return ``ARTIFACT.md``: every answer is a fact of the store, or says that authors must give it.

    Parameters
    ----------
    study, facts : Study, ArchiveFacts
        What ran and how it went.
    extras : sequence of str
        Members that the study names.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # Markdown, not HTML: `text` takes its place
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["text"] = _text
    budget = study.budget
    limits = [
        f"{budget.seconds:g} s of wall time" if budget.seconds is not None else "",
        f"{budget.evaluations} evaluations" if budget.evaluations is not None else "",
        f"{budget.threads} {'thread' if budget.threads == 1 else 'threads'}",
        f"{budget.memory_bytes / 1e9:g} GB of memory" if budget.memory_bytes is not None else "",
    ]
    return environment.get_template("ARTIFACT.md.j2").render(
        title=_text(study.title or study.name),
        study=study,
        facts=facts,
        extras=extras,
        made_with=made_with(),
        budget=", ".join(filter(None, limits)),
        timed=budget.seconds is not None,
    )


def citation_cff(study: Study, facts: ArchiveFacts, authors: Sequence[str]) -> str:
    """Return ``CITATION.cff`` of the archive, in the Citation File Format 1.2.0; `authors` may be empty."""
    names = list(authors) or [f"The authors of the study {study.name}"]
    lines = [
        "cff-version: 1.2.0",
        f"message: {_yaml('If you use these results, please cite them, and the software that made them.')}",
        f"title: {_yaml(f'Results of the study {study.name}: {study.title or study.name}')}",
        "type: dataset",
        "authors:",
        *(f"  - name: {_yaml(name)}" for name in names),
        *([f"date-released: {facts.finished}"] if facts.finished else []),
        "references:",
        "  - type: software",
        f"    title: {_yaml('Tiercut: a research workbench for splitting neural networks over device, edge and cloud')}",
        "    authors:",
        f"      - name: {_yaml('The Tiercut contributors')}",
        f"    version: {_yaml(made_with())}",
    ]
    return "\n".join(lines) + "\n"


def _yaml(text: str) -> str:
    """Return `text` as a double-quoted scalar: JSON's escapes are YAML's."""
    return json.dumps(" ".join(text.split()))


def _text(value: object) -> str:
    """Return `value` as words that Markdown and HTML take for nothing else, on one line."""
    return "".join(_MARKDOWN.get(letter, letter) for letter in " ".join(str(value).split()))
