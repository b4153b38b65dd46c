"""Every published system keeps the contract by being registered."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from experiments.systems.catalogue import CATALOGUE, state_of
from experiments.systems.claim import Verdict
from experiments.systems.reproduction import reproduce, write_reproduction
from experiments.systems.system import System, systems
from solvers.registry import entry

ALL = [pytest.param(one, id=one.name) for one in systems()]


def test_the_catalogue_has_46_systems_in_order() -> None:
    assert [one.number for one in CATALOGUE] == list(range(1, 47))
    assert len({one.name for one in CATALOGUE}) == 46
    assert {state_of(one) for one in CATALOGUE} <= {"reproduces", "planned"}


@pytest.mark.parametrize("one", ALL)
def test_a_system_is_in_the_catalogue_and_its_methods_are_registered(one: System) -> None:
    planned = CATALOGUE[one.number - 1]
    assert (planned.name, planned.family, planned.title) == (one.name, one.family, one.title)
    assert one.citation
    assert one.summary
    assert one.claims
    for name in one.methods:
        assert one.family in entry(name).cls.families  # type: ignore[attr-defined]


@pytest.mark.parametrize("one", [one for one in systems() if one.reconstruction], ids=lambda one: one.name)
def test_what_is_reconstructed_says_so_in_the_docstring_of_every_method_that_the_system_brings(one: System) -> None:
    for name in one.methods:
        cls = entry(name).cls
        if cls.__module__.startswith(("solvers.published.", "solvers.metaheuristics.")):  # others are general methods
            said = " ".join((inspect.getdoc(cls) or "").split())
            assert re.search(r"our reconstruction|our reading|unverified", said), f"{name}: {said}"


@pytest.mark.parametrize("one", ALL)
@pytest.mark.slow
def test_a_system_reproduces_without_data_of_others_and_every_claim_has_its_verdict(
    one: System, tmp_path: Path
) -> None:
    found = reproduce(one)
    assert not found.error, found.error
    assert not found.failed, [c for c in found.claims if c.failed]
    assert {str(c.verdict) for c in found.claims} <= set(Verdict)
    assert found.measured is not None
    assert len(found.measured.table)
    for path in write_reproduction(found, tmp_path):
        assert path.stat().st_size > 0
