from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from formulations.joint.evaluator import JointEvaluator
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from instances.columns import Array
from instances.generators.registry import generate, make_params
from instances.system import Tier
from solvers.metaheuristics.blocks import blocks_of
from solvers.metaheuristics.decoder import cell_of, row_of
from solvers.metaheuristics.encoding import GENE, Encoding, encoding_of, write_cell
from tests.solvers.metaheuristics.reference_decoder import Reference, reference_of
from tests.solvers.tiny_problems import tiny_problems, with_node_memory


def encoded(problem: JointProblem, merged: bool = True) -> Encoding:
    encoding = encoding_of(problem, merged=merged)
    if not isinstance(encoding, Encoding):
        reject()
    assert isinstance(encoding, Encoding)
    return encoding


def twin_of(encoding: Encoding, merged: bool = True) -> Reference:
    blocks = blocks_of(encoding.table.problem.instance, merged=merged)
    cuts = [blocks.layer[a:b].tolist() for a, b in zip(blocks.offsets[:-1], blocks.offsets[1:], strict=True)]
    return reference_of(encoding.table, cuts)


def any_genes(encoding: Encoding, n_plans: int, rng: np.random.Generator) -> Array:
    """Draw each gene by itself."""
    genes: Array = (rng.random((n_plans, encoding.n_genes)) * encoding.n_values).astype(GENE)
    return genes


def line(tasks: int = 30, seed: int = 1, sharing: str = "optimal", **parameters: str) -> JointProblem:
    instance = generate("line", make_params("line", {"tasks": str(tasks), "edges": "3", **parameters}), seed)
    return JointProblem(instance=instance, options=JointOptions(sharing=sharing))  # type: ignore[arg-type]


genes_of_a_task = st.lists(st.integers(0, 4), min_size=1, max_size=9)  # three edges, the cloud is 4


@settings(deadline=None)
@given(genes_of_a_task)
def test_tiers_are_the_running_maximum_and_the_first_edge_gene_names_the_edge(genes: list[int]) -> None:
    named, i, j = cell_of(np.array(genes, np.int16), 0, len(genes), 4)
    highest = np.maximum.accumulate([0 if g == 0 else 2 if g == 4 else 1 for g in genes])
    assert i == (highest == 0).sum()
    assert j == (highest <= 1).sum()
    assert named == next((g for g in genes if 1 <= g <= 3), 0)


@settings(deadline=None)
@given(genes_of_a_task, st.integers(0, 5))
def test_a_task_is_read_from_its_own_genes_only(genes: list[int], before: int) -> None:
    row = np.array([1] * before + genes + [2, 4], np.int16)
    assert cell_of(row, before, len(genes), 4) == cell_of(np.array(genes, np.int16), 0, len(genes), 4)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(0, 3), st.data())
def test_written_cells_are_read_back(m: int, named: int, data: st.DataObject) -> None:
    i = data.draw(st.integers(0, m))
    j = data.draw(st.integers(i, m)) if named else i
    genes = np.zeros(m, np.int16)
    write_cell(genes, 0, m, 4, named, i, j)
    # an edge that runs nothing can be named only by a gene behind the first cloud gene
    expected = named if j > i or i < m - 1 else 0
    assert cell_of(genes, 0, m, 4) == (expected, i, j)


@settings(max_examples=150, deadline=None)
@given(problem=tiny_problems(), merged=st.booleans(), seed=st.integers(0, 2**32))
def test_the_compiled_pass_equals_the_plain_twin_on_tiny_problems(
    problem: JointProblem, merged: bool, seed: int
) -> None:
    encoding = encoded(problem, merged)
    twin = twin_of(encoding, merged)
    genes = any_genes(encoding, 20, np.random.default_rng(seed))
    value, excess = encoding.decode_and_price(genes)
    rows = encoding.choices(genes)
    for p, individual in enumerate(genes.tolist()):
        assert rows[p].tolist() == twin.repaired(twin.rows(individual))[0]
        assert (value[p], excess[p]) == pytest.approx(twin.price(individual), rel=1e-9)


@pytest.mark.parametrize("sharing", ["optimal", "equal"])
@pytest.mark.parametrize("memory", ["inf", "3e8", "1e7"])
def test_the_compiled_pass_equals_the_plain_twin_where_memory_is_short(sharing: str, memory: str) -> None:
    encoding = encoded(line(sharing=sharing, edge_memory_bytes=memory, exits="true", variants="true"))
    twin = twin_of(encoding)
    genes = any_genes(encoding, 70, np.random.default_rng(3))
    value, excess = encoding.decode_and_price(genes)
    expected = np.array([twin.price(individual) for individual in genes.tolist()])
    np.testing.assert_allclose(value, expected[:, 0], rtol=1e-9)
    np.testing.assert_allclose(excess, expected[:, 1], rtol=1e-9)


def test_the_repair_moves_tasks_only_where_weights_do_not_fit() -> None:
    short = encoded(line(edge_memory_bytes="3e8"))
    genes = any_genes(short, 50, np.random.default_rng(3))
    before = np.array([[row_of(row, k, short.decoder) for k in range(30)] for row in genes])
    after = short.choices(genes)
    evaluator = JointEvaluator(short.table)
    _, excess_before = evaluator.values(before)
    _, excess_after = evaluator.values(after)
    assert (excess_before > 0).any()
    assert (excess_after == 0).all()
    same = (before == after).all(axis=1)
    assert (same == (excess_before == 0)).all()


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems(), merged=st.booleans(), seed=st.integers(0, 2**32))
def test_the_referee_gives_every_decoded_plan_the_same_value(problem: JointProblem, merged: bool, seed: int) -> None:
    encoding = encoded(problem, merged)
    genes = any_genes(encoding, 3, np.random.default_rng(seed))
    value, excess = encoding.decode_and_price(genes)
    for p in range(3):
        score = evaluate(problem, encoding.plan(genes[p]))
        assert score.value == pytest.approx(value[p], rel=1e-9)
        assert score.feasible == (excess[p] == 0)


def test_a_task_bound_for_a_cloud_without_an_edge_takes_the_way_that_is_cheapest_alone() -> None:
    encoding = encoded(line())
    alone = encoding.table.alone_cost()
    for k in range(30):
        at, m, cloud, _ = encoding.decoder.tasks[k]
        for i in range(m):
            genes = encoding.local()
            genes[at + i : at + m] = cloud
            row = row_of(genes, k, encoding.decoder)
            rows = np.arange(encoding.table.task_offsets[k], encoding.table.task_offsets[k + 1])
            cut = encoding.table.device_until[row]
            through = rows[(encoding.table.device_until[rows] == cut) & (encoding.table.edge_until[rows] == cut)]
            through = through[encoding.table.cloud[through] >= 0]
            assert alone[row] == alone[through].min()


def test_a_placement_that_is_not_allowed_becomes_the_cheapest_that_is() -> None:
    # devices hold nothing: whatever keeps weights there is refused
    problem = with_node_memory(line(), 0.0, np.inf)
    encoding = encoded(problem)
    alone, offsets = encoding.table.alone_cost(), encoding.table.task_offsets
    rows = encoding.choices(encoding.local()[np.newaxis])[0]
    assert alone[rows].tolist() == [alone[offsets[k] : offsets[k + 1]].min() for k in range(30)]
    assert evaluate(problem, encoding.table.plan(rows)).feasible


def test_a_candidate_that_is_a_cloud_runs_all_that_leaves_the_device() -> None:
    problem = line(tasks=5)
    load, system = problem.instance.workload, problem.instance.system
    # the tasks' only candidate: their second edge, made a cloud
    tier = system.node_tier.copy()
    tier[1] = Tier.CLOUD
    only = load.candidate_site == 1
    instance = replace(
        problem.instance,
        system=replace(system, node_tier=tier),
        workload=replace(
            load,
            candidate_offsets=np.arange(6),
            candidate_site=load.candidate_site[only],
            candidate_route=load.candidate_route[only],
        ),
    )
    encoding = encoded(replace(problem, instance=instance))
    genes = any_genes(encoding, 40, np.random.default_rng(1))
    table, rows = encoding.table, encoding.choices(genes)
    away = table.candidate[rows] >= 0
    assert away.any()
    assert (table.cloud[rows][away] == 1).all()
    for row in rows:
        assert evaluate(encoding.table.problem, table.plan(row)).feasible


def test_results_do_not_depend_on_threads_or_on_who_else_is_in_the_population() -> None:
    problem = line(tasks=60, edge_memory_bytes="3e8")
    one = encoded(problem)
    genes = any_genes(one, 700, np.random.default_rng(1))
    two = replace(one, threads=2)
    value, excess = one.decode_and_price(genes)
    for other in (two.decode_and_price(genes), one.decode_and_price(genes[::-1])):
        assert sorted(other[0].tolist()) == sorted(value.tolist())
        assert sorted(other[1].tolist()) == sorted(excess.tolist())
    assert (two.decode_and_price(genes)[0] == value).all()
    alone = [one.decode_and_price(genes[p : p + 1])[0][0] for p in range(20)]
    assert alone == value[:20].tolist()


def test_the_start_named_alone_gives_every_task_an_option_cheapest_among_those_genes_can_name() -> None:
    encoding = encoded(line())
    alone = encoding.table.alone_cost()
    start = alone[encoding.choices(encoding.alone()[np.newaxis])[0]]
    drawn = alone[encoding.choices(any_genes(encoding, 300, np.random.default_rng(0)))]
    assert (start <= drawn.min(axis=0)).all()


def test_a_random_plan_cuts_every_task_anywhere_with_the_same_chance() -> None:
    encoding = encoded(line(tasks=4))
    genes = encoding.random(5_000, np.random.default_rng(0))
    assert (genes >= 0).all()
    assert (genes < encoding.n_values).all()
    at, m, cloud, _ = encoding.decoder.tasks[0].tolist()
    read = np.array([cell_of(row, at, m, cloud) for row in genes])
    # two even draws of 0..m, the lower first: blocks on the device, then blocks before the cloud
    lower = 1 - ((m - np.arange(m + 1)) / (m + 1)) ** 2
    found = [(read[:, 1] <= i).mean() for i in range(m + 1)]
    np.testing.assert_allclose(found, lower, atol=0.03)
    named = read[read[:, 2] > read[:, 1], 0]
    np.testing.assert_allclose(np.bincount(named)[1:] / len(named), 1 / (cloud - 1), atol=0.03)


def test_where_a_task_has_no_allowed_option_the_encoding_names_it() -> None:
    problem = line(tasks=3)
    floor = problem.instance.workload.task_accuracy_floor.copy()
    floor[1] = 0.99999
    workload = replace(problem.instance.workload, task_accuracy_floor=floor)
    assert encoding_of(replace(problem, instance=replace(problem.instance, workload=workload)), merged=True) == 1
