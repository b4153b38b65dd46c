"""Published systems from the files that reproduce them: one page each, and the table of all that are covered or planned."""

from __future__ import annotations

import inspect
from pathlib import Path

from generated_methods import linked
from markdown_tables import table

from experiments.systems.catalogue import CATALOGUE, state_of
from experiments.systems.system import System, systems

__all__ = ["overview", "page", "write_pages"]


def overview() -> str:
    """Return the table of the whole catalogue; systems that reproduce link to their pages."""
    own = {one.name: one for one in systems()}
    rows = [
        (
            planned.number,
            f"[{planned.title}](systems/{planned.name}.md)" if planned.name in own else planned.title,
            f"`{planned.name}`",
            f"`{planned.family}`",
            len(own[planned.name].claims) if planned.name in own else "",
            state_of(planned),
        )
        for planned in CATALOGUE
    ]
    return table(("number", "system", "name", "family", "claims", "state"), rows, "rlllrl")


def page(one: System) -> str:
    """Return the page of a system."""
    about = inspect.cleandoc(one.cls.__doc__ or "")
    parts = [f"# {one.title}\n", f"{linked(one.citation)}.\n", f"{about}\n"]
    if one.methods:
        shown = ", ".join(f"[`{name}`](#method-{name})" for name in one.methods)
        parts.append(f"Methods: {shown}. Problem family: `{one.family}`.\n")
    else:
        parts.append(f"It has no method of its own in the family `{one.family}`: what it decides is no placement.\n")
    if one.reconstruction:
        parts.append("Our reconstruction, because the publication does not say or is not at hand:\n")
        parts.append("\n".join(f"- {part}" for part in one.reconstruction) + "\n")
    measured = inspect.cleandoc(one.cls.measure.__doc__ or "")
    parts.append(f"## Scenario\n\n{measured}\n\n```bash\ntiercut reproduce {one.name}\n```\n")
    rows = [
        (
            f"`{claim.name}`",
            claim.text,
            claim.kind,
            claim.source,
            _how(claim.check is not None, claim.reason, claim.needs),
        )
        for claim in one.claims
    ]
    parts.append("## Claims\n\n" + table(("claim", "what it says", "kind", "who says so", "check"), rows))
    return "\n".join(parts)


def _how(checked: bool, reason: str, needs: tuple[str, ...]) -> str:
    if not checked:
        return f"not checkable: {reason}"
    return "computed where the published data are given (`--data`)" if needs else "computed"


def write_pages(folder: Path) -> None:
    """Write the page of every system that reproduces into `folder`, remove those of others."""
    folder.mkdir(exist_ok=True)
    wanted = {f"{one.name}.md": page(one) for one in systems()}
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
