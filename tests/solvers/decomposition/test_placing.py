"""Best replies over all options: as good as the table's best at marginal cost, within the memory."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.joint.option_space import OptionSpace
from formulations.joint.options import option_table
from formulations.joint.referee import evaluate
from instances.errors import InputError
from instances.generators.registry import generate
from solvers.decomposition.placing import Placing
from solvers.decomposition.pricing import Pricing
from solvers.joint_kernels import COOPERATIVE, best_option, game_of, put, state_of
from tests.formulations.joint.random_problems import random_problem
from tests.solvers.decomposition.plans import stressed_table


@pytest.mark.parametrize("seed", range(30))
def test_a_reply_is_the_best_option_of_the_whole_table(seed: int) -> None:
    problem = random_problem(seed, sharing="optimal")
    try:
        table = option_table(problem)
    except InputError:
        pytest.skip("the option table refuses the weights")
    if table.task_without_option() is not None:
        pytest.skip("a task has no option")
    space = OptionSpace.of(problem)
    pricing = Pricing.of(space)
    assert pricing is not None
    placing = Placing.empty(pricing)
    rng = np.random.default_rng(seed)
    order = rng.permutation(table.n_tasks)
    if not placing.place(order):
        pytest.skip("the memory is too scarce for the first plan")
    tasks, game = np.arange(table.n_tasks), game_of(table)
    for k in rng.permutation(table.n_tasks)[:8].tolist():
        # the loads of the others, from the placements alone
        now = space.table(tasks, placing.placement)
        own, mine = game_of(now), np.arange(table.n_tasks)
        state = state_of(now, own, mine)
        put(own, state.loads, state.held, k, -1.0)
        loads = state.loads
        held = state.held if len(state.held) == len(game.limit) else np.zeros(len(game.limit))
        _, least = best_option(game, loads, held, k, COOPERATIVE)
        placing.reply(np.array([k]))
        after = space.table(tasks, placing.placement)
        _, reached = best_option(game_of(after), loads, held, k, COOPERATIVE)
        assert reached == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("index", range(0, 60, 2))
def test_a_descent_ends_in_a_plan_of_its_own_price_that_nobody_leaves(index: int) -> None:
    table = stressed_table(index, "optimal")
    if table.task_without_option() is not None:
        pytest.skip("a task has no option")
    problem = table.problem
    space = OptionSpace.of(problem)
    pricing = Pricing.of(space)
    assert pricing is not None
    placing = Placing.empty(pricing)
    order = np.arange(table.n_tasks)
    if not placing.place(order):
        pytest.skip("the memory is too scarce for the first plan")
    placing.descend(order)
    assert placing.reply(order) == (0, -1)
    own = space.table(order, placing.placement)
    score = evaluate(problem, own.plan(order))
    assert score.violations == ()
    assert score.value == pytest.approx(float(own.cost.sum() + placing.load @ placing.load), rel=1e-9)
    again = Placing.at(pricing, placing.placement)
    assert np.allclose(again.load, placing.load, rtol=1e-12, atol=0)
    assert again.fits()


def test_late_replies_leave_tasks_unplaced() -> None:
    instance = generate("line", {"tasks": "20"}, 1)
    problem = type(random_problem(0))(instance=instance)
    pricing = Pricing.of(OptionSpace.of(problem))
    assert pricing is not None
    placing = Placing.empty(pricing)
    assert not placing.place(np.arange(20), lambda: True)
    assert not placing.fits()
