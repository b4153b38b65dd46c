"""How fast the two restricted masters of column generation solve the relaxation of (J).

Run as ``python -m benchmarks.column_masters``: city instances with 32 reachable sites, exits and variants, one thread.
Both start from the same greedy plan. Prints rounds of pricing, columns, seconds (of them in the pricing) and the bound.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.column_generation import CITY, SIZES
from formulations.joint.option_space import OptionSpace
from formulations.joint.problem import JointProblem
from formulations.joint.referee import evaluate
from instances.generators.registry import generate
from solvers.contract import Budget
from solvers.decomposition.column_bound import Master, raise_bound
from solvers.decomposition.column_master import QuadraticMaster
from solvers.decomposition.column_search import ColumnSearch
from solvers.decomposition.columns import Columns
from solvers.decomposition.linear_master import LinearMaster
from solvers.decomposition.placing import Placing
from solvers.decomposition.pricing import Pricing
from solvers.exact.claim import Claim
from solvers.trace import RefereedTrace


def start(problem: JointProblem) -> tuple[Pricing, Placing]:
    """Return the pricing and the greedy plan, improved by best replies."""
    pricing = Pricing.of(OptionSpace.of(problem))
    assert pricing is not None
    order = np.argsort(-problem.instance.workload.task_weight, kind="stable")
    placing = Placing.empty(pricing)
    assert placing.place(order)
    placing.descend(order)
    return pricing, placing


def solved(pricing: Pricing, placing: Placing, kind: type[QuadraticMaster | LinearMaster]) -> str:
    """Return rounds, columns, seconds and bound of one master."""
    problem = pricing.space.problem
    claim = Claim(budget=Budget(), trace=RefereedTrace(lambda plan: evaluate(problem, plan)))
    columns = Columns.start(pricing.space, placing.placement)
    search = ColumnSearch(
        claim=claim, space=pricing.space, pricing=pricing, columns=columns, order=np.arange(len(placing.placement))
    )
    began = time.perf_counter()
    master: Master = kind.start(columns, problem.instance.system.node_memory_bytes, pricing.limited)
    rounds = raise_bound(search, master, 200, search.within(1.0))
    spent = time.perf_counter() - began
    began = time.perf_counter()
    pricing.price(master.mu, master.rent)
    once = time.perf_counter() - began
    left = (master.value() - claim.bound) / claim.bound if claim.bound else 0.0
    return (
        f"{rounds} rounds, {columns.table.n_options:,} columns, {spent:.2f} s (pricing {once:.2f} s a round), "
        f"bound {claim.bound:.4f}, left {left:.1e}"
    )


def main() -> None:
    for tasks, edges in ((12, 4), *SIZES):  # the first compiles
        instance = generate("metro", {**CITY, "tasks": str(tasks), "edges": str(edges)}, 1)
        pricing, placing = start(JointProblem(instance=instance))
        for kind in (QuadraticMaster, LinearMaster):
            print(f"{tasks} tasks, {kind.__name__}: {solved(pricing, placing, kind)}", flush=True)


if __name__ == "__main__":
    main()
