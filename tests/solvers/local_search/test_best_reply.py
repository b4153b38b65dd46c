"""Best reply: its potentials, its resting states, and games without any."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.joint.options import OptionTable, option_table
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, SolutionStatus, Termination
from solvers.decomposition.relaxation import Relaxation
from solvers.joint_kernels import (
    COOPERATIVE,
    SELFISH,
    State,
    best_option,
    empty_state,
    game_of,
    marginal,
    put,
    reply_in_turn,
    state_of,
    value_of,
)
from solvers.local_search import best_reply
from solvers.local_search.best_reply import selfish_potential
from solvers.matching.blocking_pairs import choice_of
from solvers.registry import make
from solvers.trace import RefereedTrace
from tests.solvers.decomposition.plans import optimum
from tests.solvers.tiny_problems import late_run, own_costs, run, tiny_problem, tiny_problems, traced_run


def random_choice(table: OptionTable, seed: int) -> IntArray:
    rng = np.random.default_rng(seed)
    return np.array([rng.integers(a, b) for a, b in itertools.pairwise(table.task_offsets)])


def referee_value(table: OptionTable, choice: IntArray) -> float:
    value = evaluate(table.problem, table.plan(choice)).value
    assert value is not None
    return value


def referee_own(table: OptionTable, choice: IntArray) -> FloatArray:
    return own_costs(table.problem, evaluate(table.problem, table.plan(choice)))


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems({"memory": "none"}), seed=st.integers(0, 99))
def test_kernels_price_states_and_moves_as_the_referee_does(problem: JointProblem, seed: int) -> None:
    table = option_table(problem)
    choice, game = random_choice(table, seed), game_of(table)
    state = state_of(table, game, choice)
    value = referee_value(table, choice)
    assert value_of(game, state.choice, state.loads) == pytest.approx(value, rel=1e-9)
    own = referee_own(table, choice)
    for k in range(table.n_tasks):
        put(game, state.loads, state.held, choice[k], -1.0)
        assert marginal(game, state.loads, choice[k], SELFISH) == pytest.approx(own[k], rel=1e-9)
        for p in range(table.task_offsets[k], table.task_offsets[k + 1]):
            other = choice.copy()
            other[k] = p
            rise = marginal(game, state.loads, p, COOPERATIVE) - marginal(game, state.loads, choice[k], COOPERATIVE)
            assert rise == pytest.approx(referee_value(table, other) - value, abs=1e-9 * value)
        put(game, state.loads, state.held, choice[k], 1.0)


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems({"memory": "none"}), seed=st.integers(0, 99))
def test_every_cooperative_reply_lowers_the_objective(problem: JointProblem, seed: int) -> None:
    table = option_table(problem)
    game = game_of(table)
    state = state_of(table, game, random_choice(table, seed))
    value = referee_value(table, state.choice)
    for k in list(range(table.n_tasks)) * 3:
        moved, _ = reply_in_turn(game, *state, np.array([k]), COOPERATIVE)
        now = referee_value(table, state.choice)
        assert now < value if moved else now == value
        value = now


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems({"memory": "none"}, sharing="optimal"), seed=st.integers(0, 99))
def test_every_selfish_reply_under_optimal_shares_lowers_the_potential(problem: JointProblem, seed: int) -> None:
    table = option_table(problem)
    game = game_of(table)
    state = state_of(table, game, random_choice(table, seed))
    potential = selfish_potential(table, state.choice)
    for k in list(range(table.n_tasks)) * 3:
        moved, _ = reply_in_turn(game, *state, np.array([k]), SELFISH)
        now = selfish_potential(table, state.choice)
        assert now < potential if moved else now == potential
        potential = now


@settings(max_examples=60, deadline=None)
@given(problem=tiny_problems({"memory": "none"}, sharing="optimal"), seed=st.integers(0, 10**6))
def test_the_selfish_potential_is_exact(problem: JointProblem, seed: int) -> None:
    """Whoever moves, the potential changes by what the referee says the mover's own cost changes by."""
    table = option_table(problem)
    rng = np.random.default_rng(seed)
    choice = random_choice(table, seed)
    for _ in range(10):
        k = int(rng.integers(table.n_tasks))
        other = choice.copy()
        other[k] = rng.integers(table.task_offsets[k], table.task_offsets[k + 1])
        own = referee_own(table, other)[k] - referee_own(table, choice)[k]
        rise = selfish_potential(table, other) - selfish_potential(table, choice)
        assert rise == pytest.approx(own, abs=1e-9 * referee_value(table, choice))
        choice = other


@pytest.mark.parametrize("reply", ["cooperative", "selfish"])
@settings(max_examples=30, deadline=None)
@given(problem=tiny_problems())
def test_nobody_can_improve_in_the_final_state(reply: str, problem: JointProblem) -> None:
    """By brute force through the referee, over all options, dropped ones included."""
    outcome = run("best-reply", problem, {"reply": reply})
    if not outcome.info["settled"]:
        assert outcome.info["cycles"]
        return
    table = option_table(problem, prune=False)
    choice = choice_of(table, outcome.plan)
    base = evaluate(problem, outcome.plan)
    assert base.value is not None
    own = own_costs(problem, base)
    for k in range(table.n_tasks):
        for p in range(table.task_offsets[k], table.task_offsets[k + 1]):
            other = choice.copy()
            other[k] = p
            score = evaluate(problem, table.plan(other))
            if not score.feasible:
                continue
            assert score.value is not None
            if reply == "cooperative":
                assert score.value >= base.value * (1 - 1e-9)
            else:
                assert own_costs(problem, score)[k] >= own[k] * (1 - 1e-9)


def test_settled_values_are_the_referees_and_the_best_is_handed_in() -> None:
    problem = tiny_problem(77, {"tasks_low": "6", "memory": "none", "access": "shared"})
    outcome, trace = traced_run("best-reply", problem, {"restarts": 20})
    assert outcome.info["runs"] == outcome.info["rested"] == 21
    assert len(outcome.info["settled"]) == 21
    value = evaluate(problem, outcome.plan).value
    assert value == pytest.approx(min(outcome.info["settled"]), rel=1e-9)
    assert trace.best_value == pytest.approx(value, rel=1e-9)
    assert len(trace.incumbents) >= 1


def game_without_equilibrium() -> OptionTable:
    """Three tasks, three options each, under equal sharing: some task always wants to move (enumerated below)."""
    table = option_table(
        tiny_problem(
            0,
            {"tasks_low": "3", "tasks_high": "3", "edges_low": "2", "memory": "none", "backhaul": "shared"},
            sharing="equal",
        )
    )
    assert table.n_resources >= 4
    uses = [
        [(0, 4.0)],
        [(3, 4.0), (1, 2.0)],
        [(2, 2.0), (3, 1.0)],
        [(3, 3.0)],
        [(2, 2.0), (1, 4.0)],
        [(2, 5.0)],
        [(3, 4.0)],
        [(2, 1.0)],
        [(0, 5.0)],
    ]
    flat = [use for option in uses for use in option]
    nine = np.zeros(9, dtype=np.int64)
    return replace(
        table,
        task_offsets=np.array([0, 3, 6, 9]),
        version=nine,
        candidate=nine - 1,
        cloud=nine - 1,
        device_until=nine,
        edge_until=nine,
        cost=np.array([5.0, 0.0, 2.0, 5.0, 0.0, 4.0, 5.0, 4.0, 5.0]),
        use_offsets=np.concatenate(([0], np.cumsum([len(option) for option in uses]))),
        use_resource=np.array([r for r, _ in flat], dtype=np.int32),
        use_seconds=np.array([b for _, b in flat]),
        use_weight=np.ones(len(flat)),
        memory_offsets=np.zeros(10, dtype=np.int64),
        memory_node=np.empty(0, dtype=np.int32),
        memory_bytes=np.empty(0),
        n_enumerated=9,
    )


def test_a_game_without_equilibrium_ends_with_the_cycle_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    table = game_without_equilibrium()
    game = game_of(table)
    for choice in itertools.product(range(3), range(3, 6), range(6, 9)):
        state = state_of(table, game, np.array(choice))
        wants = []
        for k in range(3):
            put(game, state.loads, state.held, choice[k], -1.0)
            _, least = best_option(game, state.loads, state.held, k, SELFISH)
            wants.append(least < marginal(game, state.loads, choice[k], SELFISH) - 1e-9)
            put(game, state.loads, state.held, choice[k], 1.0)
        assert any(wants)
    monkeypatch.setattr(best_reply, "open_table", lambda problem, trace: table)
    trace = RefereedTrace(lambda plan: evaluate(table.problem, plan))
    method = make("best-reply", {"reply": "selfish", "restarts": 3})
    outcome = method.solve(table.problem, Budget(), np.random.default_rng(0), trace)
    assert outcome.termination is Termination.COMPLETED
    assert outcome.reason == "a state repeated"
    assert outcome.info["settled"] == []
    assert len(outcome.info["cycles"]) == 4
    assert min(outcome.info["cycles"]) >= 1
    # the cooperative reply always comes to rest
    method = make("best-reply", {"reply": "cooperative"})
    outcome = method.solve(table.problem, Budget(), np.random.default_rng(0), trace)
    assert len(outcome.info["settled"]) == outcome.info["runs"]


def test_when_time_is_out_it_hands_in_what_it_has() -> None:
    problem = tiny_problem(77, {"tasks_low": "6", "memory": "none"})
    outcome = late_run("best-reply", problem)
    assert outcome.termination is Termination.TIME_LIMIT
    assert outcome.status is SolutionStatus.FEASIBLE
    assert evaluate(problem, outcome.plan).feasible
    assert outcome.info["runs"] == 1


def test_endless_restarts_need_a_limit_of_seconds() -> None:
    problem = tiny_problem(0)
    method = make("best-reply", {"restarts": None})
    assert method.decline(problem, Budget()) == "restarts=none needs a limit of seconds"
    assert method.decline(problem, Budget(seconds=1.0)) is None


@pytest.mark.parametrize(("name", "value"), [("reply", "kind"), ("order", "size"), ("restarts", -1)])
def test_nonsense_parameters_are_refused_in_one_line(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        make("best-reply", {name: value})


def test_replies_never_break_a_memory_limit() -> None:
    for seed in range(30):
        problem = tiny_problem(seed, {"memory": "binding", "tasks_low": "4"})
        table = option_table(problem)
        state: State = empty_state(table)
        game = game_of(table)
        for others in (COOPERATIVE, SELFISH) * 2:
            _, failed = reply_in_turn(game, *state, np.arange(table.n_tasks), others)
            assert failed == -1
            assert evaluate(problem, table.plan(state.choice)).feasible


@pytest.mark.parametrize("sharing", ["optimal", "equal"])
@pytest.mark.parametrize("reply", ["cooperative", "selfish"])
@pytest.mark.parametrize("seed", range(5))
def test_every_equilibrium_is_held_against_a_bound(sharing: str, reply: str, seed: int) -> None:
    problem = tiny_problem(seed, sharing=sharing)
    outcome = run("best-reply", problem, {"reply": reply})
    best = optimum(option_table(problem))
    assert best is not None and outcome.bound is not None
    assert outcome.bound <= best
    over = outcome.info["over_bound"]
    assert len(over) == len(outcome.info["settled"])
    assert all(ratio * outcome.bound >= best * (1 - 1e-9) for ratio in over)


def test_under_equal_shares_the_bound_counts_users() -> None:
    problem = tiny_problem(
        3, {"tasks_low": "4", "memory": "none", "access": "shared", "edges_high": "1"}, sharing="equal"
    )
    table = option_table(problem)
    relaxation = Relaxation.start(table, table.task_offsets[:-1].copy())
    for _ in range(50):
        relaxation.sweep(np.arange(table.n_tasks))
    outcome, best = run("best-reply", problem), optimum(table)
    assert best is not None and outcome.bound is not None
    assert relaxation.bound() < outcome.bound <= best


def test_without_sweeps_there_is_no_bound() -> None:
    outcome = run("best-reply", tiny_problem(3), {"bound_sweeps": "0"})
    assert outcome.bound is None
    assert outcome.info["over_bound"] == []
