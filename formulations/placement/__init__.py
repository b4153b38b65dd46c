"""The family `placement`: the layers of one network on accelerators and hosts, least maximum load or latency.

problem.py
    `PlacementOptions` (objective, accelerators, hosts, contiguous, overlap, memory) and `PlacementProblem`.
plan.py, plan_document.py
    `PlacementPlan`: node of every layer; the same as plain data for files.
referee.py, load.py, latency_walk.py
    `evaluate(problem, plan)` from the definition, `loads_of` with every worker's load, and `walk` with the start and the end of
    every layer of one sample.
case.py
    `case_of(problem)`: blocks, tensors and workers as arrays, what every method works on.
cp_sat_model.py, pulp_model.py, pyomo_model.py; cp_sat_timing.py, pulp_timing.py, pyomo_timing.py
    The mathematical models, and what the objective latency adds to each.
family.py
    Registration.

Methods are in `solvers.exact.placement`; `instances.placements` reads workloads of other people.
"""
