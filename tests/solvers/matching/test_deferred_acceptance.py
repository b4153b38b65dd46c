"""Deferred acceptance: stable and best for the tasks, against exhaustive comparison."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.columns import FloatArray, IntArray
from solvers.matching.deferred_acceptance import deferred_acceptance, unstable_pairs

Market = tuple[IntArray, IntArray, FloatArray, FloatArray, IntArray]


@st.composite
def markets(draw: st.DrawFn, most_tasks: int = 6) -> Market:
    """Draw acceptable sites, strict preferences of both sides and quotas."""
    n, m = draw(st.integers(1, most_tasks)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    share = draw(st.sampled_from((0.4, 0.8, 1.0)))
    site = [np.flatnonzero(rng.random(m) < share) for _ in range(n)]
    offsets = np.concatenate(([0], np.cumsum([len(s) for s in site])))
    rows = int(offsets[-1])
    quota = rng.integers(0, 3, size=m)
    return (
        offsets,
        np.concatenate(site).astype(np.int64),
        rng.permutation(rows) * 1.0,
        rng.permutation(rows) * 1.0,
        quota,
    )


def all_matchings(market: Market) -> list[IntArray]:
    offsets, site, _, _, quota = market
    choices = [[-1, *range(a, b)] for a, b in itertools.pairwise(offsets)]
    found = []
    for rows in itertools.product(*choices):
        match = np.array(rows, dtype=np.int64)
        if (np.bincount(site[match[match >= 0]], minlength=len(quota)) <= quota).all():
            found.append(match)
    return found


@settings(max_examples=150, deadline=None)
@given(market=markets())
def test_it_is_stable_and_no_stable_matching_is_better_for_any_task(market: Market) -> None:
    _, _, cost, _, _ = market
    match = deferred_acceptance(*market)
    assert unstable_pairs(*market, match) == []
    price = np.where(match >= 0, cost[match] if len(cost) else 0.0, np.inf)
    stable = [other for other in all_matchings(market) if not unstable_pairs(*market, other)]
    assert any(np.array_equal(other, match) for other in stable)
    for other in stable:
        assert (price <= np.where(other >= 0, cost[other] if len(cost) else 0.0, np.inf)).all()


@settings(max_examples=30, deadline=None)
@given(market=markets(most_tasks=7))
def test_quotas_are_kept_and_only_acceptable_sites_are_given(market: Market) -> None:
    offsets, site, _, _, quota = market
    match = deferred_acceptance(*market)
    assert (np.bincount(site[match[match >= 0]], minlength=len(quota)) <= quota).all()
    given_ = match >= 0
    assert ((match >= offsets[:-1]) & (match < offsets[1:]))[given_].all()


def test_the_textbook_case_of_two_stable_matchings_goes_to_the_tasks() -> None:
    """Each task likes best the site that likes it least; proposing tasks get their wish."""
    offsets, site = np.array([0, 2, 4]), np.array([0, 1, 0, 1])
    cost, score = np.array([1.0, 2.0, 2.0, 1.0]), np.array([1.0, 2.0, 2.0, 1.0])
    assert deferred_acceptance(offsets, site, cost, score, np.array([1, 1])).tolist() == [0, 3]
    for match in ([0, 3], [1, 2]):
        assert unstable_pairs(offsets, site, cost, score, np.array([1, 1]), np.array(match)) == []


def test_an_unstable_matching_shows_its_pair() -> None:
    offsets, site = np.array([0, 2, 4]), np.array([0, 1, 0, 1])
    cost, score = np.array([1.0, 2.0, 1.0, 2.0]), np.array([2.0, 1.0, 1.0, 2.0])
    # task 0 and site 0 like each other best, but task 1 sits there
    assert unstable_pairs(offsets, site, cost, score, np.array([1, 1]), np.array([1, 2])) == [(0, 0)]
    assert unstable_pairs(offsets, site, cost, score, np.array([1, 1]), np.array([-1, 2])) == [(0, 0), (0, 1)]
