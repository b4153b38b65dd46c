"""Tests against scipy, scikit-posthocs, statsmodels, and the examples of Demšar (JMLR 7, 2006, tables 2 and 6)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from experiments.statistics.friedman import critical_difference, friedman, nemenyi
from experiments.statistics.signed_rank import against, can_tell, differences, holm, pairwise, signed_rank

# areas under the curve of four variants of C4.5 on 14 data sets; "voting" has a fourth digit where the paper's ranks
# show that its three printed digits hide a difference
NAMES = ["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"]
AUC = pd.DataFrame(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.975, 0.9749],
        [0.957, 0.978, 0.946, 0.970],
    ],
    columns=NAMES,
)


def test_wilcoxon_has_demsar_s_sums_of_ranks() -> None:
    found = pairwise(AUC[["C4.5", "C4.5+m"]], "max")[0]
    assert (found.plus, found.minus) == (93.0, 12.0)
    assert found.instances == 14
    assert found.p < 0.05


def test_friedman_has_demsar_s_ranks_statistics_and_critical_difference() -> None:
    found = friedman(AUC, "max")
    assert found is not None
    assert found.ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    ranks = found.ranks.to_numpy()
    plain = 12 * 14 / (4 * 5) * ((ranks**2).sum() - 4 * 25 / 4)  # the paper's formula does not correct for ties
    assert plain == pytest.approx(9.28, abs=0.005)
    assert 13 * plain / (14 * 3 - plain) == pytest.approx(3.69, abs=0.005)
    assert found.chi2 == pytest.approx(stats.friedmanchisquare(*AUC.to_numpy().T).statistic)
    assert found.difference == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=0.005)


@pytest.mark.parametrize(
    ("methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (7, 2.949), (10, 3.164)]
)
def test_the_critical_values_are_those_of_demsar_s_table_5(methods: int, q: float) -> None:
    mine = critical_difference(methods, 1) / math.sqrt(methods * (methods + 1) / 6)
    assert mine == pytest.approx(q, abs=0.0016)


def test_nemenyi_is_scikit_posthocs_on_the_costs() -> None:
    expected = scikit_posthocs.posthoc_nemenyi_friedman(AUC.to_numpy())
    np.testing.assert_allclose(nemenyi(AUC, "max").to_numpy(), np.asarray(expected), atol=1e-12)


def test_a_p_value_is_below_the_level_exactly_beyond_the_critical_difference() -> None:
    ranks = friedman(AUC, "max")
    assert ranks is not None
    p = nemenyi(AUC, "max")
    for a in NAMES:
        for b in NAMES:
            if a != b:
                assert (p.at[a, b] < 0.05) == (abs(ranks.ranks[a] - ranks.ranks[b]) > ranks.difference)


@pytest.fixture(scope="module")
def no_collection() -> Iterator[None]:
    """statsmodels collects garbage at every call, which takes a second in a process that holds much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


@pytest.mark.usefixtures("no_collection")
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_holm_is_statsmodels_holm(p_values: list[float]) -> None:
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1], atol=1e-15)


@settings(max_examples=50)
@given(st.integers(2, 40), st.integers(0, 10_000))
def test_the_signed_rank_p_is_scipys(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=count), rng.normal(size=count)
    found = signed_rank(a, b)
    assert found.p == pytest.approx(stats.wilcoxon(a - b, zero_method="zsplit").pvalue)
    assert found.plus + found.minus == pytest.approx(count * (count + 1) / 2)


def test_all_pairs_with_holm_are_scikit_posthocs() -> None:
    rng = np.random.default_rng(5)
    blocks = pd.DataFrame(rng.normal(size=(20, 4)) + np.arange(4) * 0.7, columns=list("abcd"))
    expected = scikit_posthocs.posthoc_wilcoxon(
        [blocks[c].to_numpy() for c in blocks], zero_method="zsplit", p_adjust="holm"
    ).to_numpy()
    for one in pairwise(blocks, "min"):
        assert one.p_holm == pytest.approx(expected["abcd".index(one.first), "abcd".index(one.second)])


def test_no_result_counts_as_worse_than_any_and_none_on_both_sides_says_nothing() -> None:
    found = differences(np.array([np.inf, 3.0, np.inf, 1.0]), np.array([1.0, np.inf, np.inf, 1.5]))
    assert found.tolist() == pytest.approx([2.0, -2.0, -0.5])
    blocks = pd.DataFrame({"good": range(12), "never": [np.nan] * 12})
    test = against(blocks, "good", "min")["never"]
    assert test.significantly_worse()
    ranks = friedman(blocks.assign(other=np.arange(12) + 1.0), "min")
    assert ranks is not None
    assert ranks.ranks.to_dict() == {"good": 1.0, "never": 3.0, "other": 2.0}


def test_methods_that_do_the_same_are_told_to_be_equal() -> None:
    blocks = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0], "c": [1.0, 2.0, 3.0 + 1e-12]})
    assert all(one.p == 1.0 for one in pairwise(blocks, "min"))
    found = friedman(blocks, "min")
    assert found is not None
    assert (found.chi2, found.p) == (0.0, 1.0)


def test_few_instances_cannot_tell_methods_apart() -> None:
    assert not can_tell(5, 1)  # 2 / 2^5 = 0.0625
    assert can_tell(6, 1)
    assert not can_tell(6, 16)
    assert can_tell(10, 16)
    blocks = pd.DataFrame({"a": np.arange(6.0), "b": np.arange(6.0) + 1})
    assert against(blocks, "a", "min")["b"].p == pytest.approx(2 / 2**6)
