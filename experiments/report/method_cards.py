"""Method cards: what each method of a study is, with its parameters, version and citation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.settings import setting_text
from instances.errors import InputError
from solvers.registry import entry

__all__ = ["MethodCard", "method_cards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCard:
    """A method as it ran; summary and citation are empty where this installation does not know it."""

    title: str
    name: str
    kind: str = ""
    summary: str = ""
    citation: str = ""
    traits: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


def method_cards(ran: Iterable[tuple[str, str, Mapping[str, Any] | None]]) -> tuple[MethodCard, ...]:
    """Return a card a title, in order.

    Parameters
    ----------
    ran : iterable of (title, method, identity)
        Every trial's; the identity is None where it has no record.
    """
    seen: dict[str, tuple[str, dict[str, None], dict[str, str]]] = {}
    for title, method, identity in ran:
        _, versions, parameters = seen.setdefault(title, (method, {}, {}))
        if identity is not None:
            versions[str(identity.get("version", ""))] = None
            parameters.update({str(k): setting_text(v) for k, v in identity.get("params", {}).items()})
    return tuple(
        _card(title, method, tuple(versions), tuple(parameters.items()))
        for title, (method, versions, parameters) in seen.items()
    )


def _card(title: str, name: str, versions: tuple[str, ...], parameters: tuple[tuple[str, str], ...]) -> MethodCard:
    try:
        known = entry(name)
    except InputError:  # a plugin's, which is not loaded here
        return MethodCard(title=title, name=name, versions=versions, parameters=parameters)
    traits = (
        "deterministic" if known.deterministic else "draws at random",
        "reports incumbents" if known.anytime else "one plan at the end",
    )
    return MethodCard(
        title=title,
        name=name,
        kind=known.kind.replace("-", " "),
        summary=known.summary,
        citation=known.citation,
        traits=traits,
        versions=versions,
        parameters=parameters,
    )
