"""A claim is reproduced, not reproduced or not checkable, always with evidence; a theorem that fails is a failure."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.systems.bench import Bench
from experiments.systems.claim import Claim, Finding, Verdict, checked
from experiments.systems.reproduction import reproduce
from experiments.systems.system import Measured, System


def claim(name: str = "c", kind: str = "trend", **more: object) -> Claim:
    given = {"check": lambda facts: Finding(holds=facts["x"] > 0, evidence=f"x = {facts['x']}")} | more
    return Claim(name=name, text="x is positive", kind=kind, source="us", **given)  # type: ignore[arg-type]


def system_with(*claims: Claim, x: float | None = 1.0) -> System:
    class Dummy:
        """A dummy."""

        def measure(self, bench: Bench) -> Measured:
            facts = {"absent": "no data"} if x is None else {"x": x}
            return Measured(table=pd.DataFrame({"x": [x]}), facts=facts)

    Dummy.claims = claims  # type: ignore[attr-defined]
    return System(
        number=0,
        name="dummy",
        title="Dummy",
        family="cut",
        citation="nobody",
        reconstruction=(),
        methods=(),
        cls=Dummy,  # type: ignore[arg-type]
    )


def test_each_verdict_comes_with_its_evidence() -> None:
    assert checked(claim(), {"x": 1}).verdict is Verdict.REPRODUCED
    assert checked(claim(), {"x": -1}).verdict is Verdict.NOT_REPRODUCED
    assert checked(claim(), {"x": -1}).evidence == "x = -1"
    without = checked(claim(check=None, reason="needs their phone"), {})
    assert (without.verdict, without.evidence) == (Verdict.NOT_CHECKABLE, "needs their phone")
    absent = checked(claim(needs=("x",)), {"absent": "no profile"})
    assert (absent.verdict, absent.evidence) == (Verdict.NOT_CHECKABLE, "no profile")


@pytest.mark.parametrize(
    ("kind", "failed"), [("theorem", True), ("number", False), ("trend", False), ("timing", False)]
)
def test_only_a_theorem_that_does_not_hold_is_a_failure(kind: str, failed: bool) -> None:
    found = reproduce(system_with(claim(kind=kind), x=-1.0))
    assert found.counts == {"reproduced": 0, "not reproduced": 1, "not checkable": 0}
    assert found.failed is failed
    assert not reproduce(system_with(claim(kind=kind), x=1.0)).failed


def test_a_crash_is_a_failure_and_kept() -> None:
    found = reproduce(system_with(claim(), x=None))
    assert found.failed
    assert "KeyError" in found.error


def test_a_claim_without_evidence_is_a_failure() -> None:
    silent = claim(check=lambda facts: Finding(holds=True, evidence=""))
    assert reproduce(system_with(silent)).failed


@pytest.mark.parametrize("more", [{"reason": "both"}, {"check": None}, {"kind": "rumour"}])
def test_a_claim_that_makes_no_sense_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="claim c"):
        claim(**more)  # type: ignore[arg-type]
