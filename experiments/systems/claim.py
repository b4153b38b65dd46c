"""A claim: what a publication says of its system, and how it is checked here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, get_args

__all__ = ["Checked", "Claim", "ClaimKind", "Finding", "Verdict", "checked"]

ClaimKind = Literal["theorem", "number", "trend", "timing"]
"""Of a ``theorem`` (an equality with the exact optimum, a dominance, a guarantee) anything but *reproduced* is a
failure; the others are empirical, and may turn out either way."""

Facts = Mapping[str, Any]
"""What a system has measured, by name."""


class Verdict(StrEnum):
    """What became of a claim."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether a claim holds on what was measured, and the numbers that say so."""

    holds: bool
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is claimed.

    Parameters
    ----------
    name : str
        Short and unique within the system.
    text : str
        The claim, in our words.
    kind : {"theorem", "number", "trend", "timing"}
        What a failure means.
    source : str
        Who says so: the paper, its abstract, somebody's report of it, or our own derivation.
    check : callable or None
        Facts to `Finding`; it reads what was measured and computes nothing anew. None: it cannot be checked here.
    reason : str
        Why it cannot be checked, where there is no check.
    needs : tuple of str
        Facts without which it cannot be checked, each absent where data of others is not at hand.
    """

    name: str
    text: str
    kind: ClaimKind
    source: str
    check: Callable[[Facts], Finding] | None = None
    reason: str = ""
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(ClaimKind):
            raise ValueError(f"claim {self.name}: kind must be one of {get_args(ClaimKind)}, got {self.kind!r}")
        if (self.check is None) == (not self.reason):
            raise ValueError(f"claim {self.name}: must have either a check or a reason for having none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A claim with its verdict."""

    claim: Claim
    verdict: Verdict
    evidence: str

    @property
    def failed(self) -> bool:
        """Whether a theorem does not hold."""
        return self.claim.kind == "theorem" and self.verdict is Verdict.NOT_REPRODUCED


def checked(claim: Claim, facts: Facts) -> Checked:
    """Return the verdict on `claim`."""
    if claim.check is None:
        return Checked(claim=claim, verdict=Verdict.NOT_CHECKABLE, evidence=claim.reason)
    missing = [name for name in claim.needs if name not in facts]
    if missing:
        absent = facts.get("absent", "its data is not at hand")
        return Checked(claim=claim, verdict=Verdict.NOT_CHECKABLE, evidence=str(absent))
    found = claim.check(facts)
    verdict = Verdict.REPRODUCED if found.holds else Verdict.NOT_REPRODUCED
    return Checked(claim=claim, verdict=verdict, evidence=found.evidence)
