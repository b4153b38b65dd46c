"""The family `placement`: the layers of one pipelined network on accelerators and hosts, least maximum load.

problem.py
    `PlacementOptions` (accelerators, hosts, contiguous, overlap, memory) and `PlacementProblem`.
plan.py, plan_document.py
    `PlacementPlan`: node of every layer; the same as plain data for files.
referee.py
    `evaluate(problem, plan)` from the definition, and `loads_of` with every worker's load.
case.py
    `case_of(problem)`: blocks, tensors and workers as arrays, what every method works on.
cp_sat_model.py, pulp_model.py
    The mathematical models.
family.py
    Registration.

Methods are in `solvers.exact.placement`; `instances.placements` reads workloads of other people.
"""
