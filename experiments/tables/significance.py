"""The table of significance: every method against the best, with test, effect size and mean rank; and of all pairs."""

from __future__ import annotations

import pandas as pd

from experiments.metrics.metric import Metric, metric
from experiments.statistics.blocks import blocks_of, costs_of, few_instances
from experiments.statistics.effect import bootstrap
from experiments.statistics.friedman import Friedman, friedman
from experiments.statistics.signed_rank import ALPHA, against, can_tell, differences, pairwise
from experiments.tables.cells import number_cell, trials_by, word_cell
from experiments.tables.table import Cell, Column, Row, Table

__all__ = ["p_text", "pairwise_table", "significance_table", "tested_metric"]


def tested_metric(frame: pd.DataFrame) -> Metric:
    """Return the gap to the best known value: unlike the gap to a bound it exists wherever there is a plan."""
    return metric("gap-to-best")


def significance_table(frame: pd.DataFrame, caption: str) -> Table | None:
    """Return mean ranks, and every method against the one of the least mean rank; None for fewer than two methods.

    The test is Wilcoxon's on the instances with Holm's correction, the effect size the matched-pairs rank-biserial
    correlation with its bootstrap interval; 1 where the method is worse than the best on every instance.
    """
    one = tested_metric(frame)
    blocks = blocks_of(frame, one)
    blocks = blocks[blocks.notna().any(axis=1)]
    if blocks.shape[1] < 2 or not len(blocks):
        return None
    whole = friedman(blocks, one.direction)
    ranks = pd.DataFrame(costs_of(blocks, one.direction), columns=blocks.columns).rank(axis=1).mean()
    order = sorted(blocks.columns, key=lambda title: ranks[title])
    best = order[0]
    tests = against(blocks, best, one.direction)
    costs = dict(zip(blocks.columns, costs_of(blocks, one.direction).T, strict=True))
    trials = trials_by(frame, "title")
    telling = can_tell(len(blocks), len(order) - 1)
    rows = []
    for title in order:
        mine = trials[title]
        rank = number_cell(_plain(ranks[title]), 2, mine)
        if title == best:
            rows.append(Row(heading=title, cells=(rank, *[word_cell("best", mine)], *[word_cell("–", mine)] * 5)))
            continue
        test = tests[title]
        effect = bootstrap(differences(costs[title], costs[best]))
        delta = differences(costs[title], costs[best])
        worse, better = int((delta > 0).sum()), int((delta < 0).sum())
        both = mine + trials[best]
        rows.append(
            Row(
                heading=title,
                cells=(
                    rank,
                    word_cell(f"{better}–{test.instances - better - worse}–{worse}", both),
                    Cell(value=_plain(test.p), text=p_text(test.p), trials=both),
                    Cell(
                        value=_plain(test.p_holm),
                        text=p_text(test.p_holm),
                        trials=both,
                        dagger=telling and not test.significantly_worse(),
                    ),
                    number_cell(_plain(effect.value), 2, both),
                    number_cell(_plain(effect.low), 2, both),
                    number_cell(_plain(effect.high), 2, both),
                ),
            )
        )
    notes = [
        f"Of the {one.title} ({one.summary}); repetitions are collapsed to their median, and a method without a plan "
        "lost against every method with one.",
        f"Better–equal–worse counts instances against {best}; p: Wilcoxon signed-rank, two-sided, and with Holm's "
        "correction over the rows; effect: matched-pairs rank-biserial correlation with its 95 % bootstrap interval.",
        f"† not significantly worse than {best} at level {ALPHA:g}."
        if telling
        else f"On {len(blocks)} instances no test of {len(order) - 1} methods could be significant.",
        *_friedman_notes(whole),
    ]
    warning = few_instances(len(blocks))
    return Table(
        name="significance",
        caption=f"{caption}: methods against the best" if caption else "Methods against the best",
        corner="method",
        columns=(
            Column(group="", title="mean rank", direction="min"),
            Column(group=f"against {best}", title="b–e–w"),
            Column(group=f"against {best}", title="p"),
            Column(group=f"against {best}", title="p (Holm)"),
            Column(group="", title="effect"),
            Column(group="", title="low"),
            Column(group="", title="high"),
        ),
        rows=tuple(rows),
        notes=(*notes, warning) if warning else tuple(notes),
    )


def pairwise_table(frame: pd.DataFrame, caption: str) -> Table | None:
    """Return the test of every pair of methods, Holm's correction over all pairs; None for fewer than two methods."""
    one = tested_metric(frame)
    blocks = blocks_of(frame, one)
    blocks = blocks[blocks.notna().any(axis=1)]
    if blocks.shape[1] < 2 or not len(blocks):
        return None
    costs = dict(zip(blocks.columns, costs_of(blocks, one.direction).T, strict=True))
    trials = trials_by(frame, "title")
    rows = []
    for test in pairwise(blocks, one.direction):
        both = trials[test.first] + trials[test.second]
        effect = bootstrap(differences(costs[test.first], costs[test.second]))
        verdict = "equal" if test.p_holm >= ALPHA else "worse" if test.plus > test.minus else "better"
        rows.append(
            Row(
                heading=test.second,
                group=test.first,
                cells=(
                    Cell(value=_plain(test.p), text=p_text(test.p), trials=both),
                    Cell(value=_plain(test.p_holm), text=p_text(test.p_holm), trials=both),
                    number_cell(_plain(effect.value), 2, both),
                    number_cell(_plain(effect.low), 2, both),
                    number_cell(_plain(effect.high), 2, both),
                    word_cell(verdict, both),
                ),
            )
        )
    notes = [
        f"Of the {one.title}; tests as in the table of significance, Holm's correction over all {len(rows)} pairs."
    ]
    warning = few_instances(len(blocks))
    return Table(
        name="pairwise",
        caption=f"{caption}: all pairs of methods" if caption else "All pairs of methods",
        corner="against",
        group_title="method",
        columns=tuple(Column(group="", title=t) for t in ("p", "p (Holm)", "effect", "low", "high", "verdict")),
        rows=tuple(rows),
        notes=(*notes, warning) if warning else tuple(notes),
        long=True,
    )


def p_text(p: float) -> str:
    """Return a p-value as it is printed: three decimals, and never as 0."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _plain(value: float) -> float:
    """Return `value` without the digits that differ between machines."""
    return float(f"{value:.9g}")


def _friedman_notes(found: Friedman | None) -> list[str]:
    if found is None:
        return []
    count = len(found.ranks)
    return [
        f"Friedman: chi² = {found.chi2:.2f} with {count - 1} degrees of freedom, p {_with_sign(found.p)}; Iman-Davenport: "
        f"F = {found.f:.2f}, p {_with_sign(found.f_p)}; critical difference of mean ranks (Nemenyi, level "
        f"{found.alpha:g}): {found.difference:.2f}."
    ]


def _with_sign(p: float) -> str:
    text = p_text(p)
    return text.replace("<", "< ") if text.startswith("<") else f"= {text}"
