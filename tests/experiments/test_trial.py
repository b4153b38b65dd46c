"""The identity of a trial does not depend on the way in which it was found."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.trial import make_trial
from solvers.contract import Budget


@settings(deadline=None)
@given(
    instances=st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=3),
    repetitions=st.integers(1, 4),
    seconds=st.floats(0.1, 1e6),
    seed=st.integers(0, 2**40),
)
def test_repetitions_have_the_identities_that_they_have_alone(
    instances: list[str], repetitions: int, seconds: float, seed: int
) -> None:
    sample = make_trial(instance="0" * 64, method="greedy", budget=Budget(seconds=seconds), study_seed=seed)
    for instance in instances:
        for number, quick in enumerate(sample.repeated(instance, repetitions)):
            slow = replace(sample, instance=instance, repetition=number)
            assert (quick.id, quick.problem_id, quick.seed) == (slow.id, slow.problem_id, slow.seed)
            assert quick == slow
