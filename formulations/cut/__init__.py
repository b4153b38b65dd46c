"""The family `cut`: one inference of one network, cut anywhere over ordered levels of nodes.

problem.py
    `CutOptions` (objective weights, limits, excursions, return of the result, payment) and `CutProblem`:
    an instance, of which one task counts. ``problem.levels[0]`` is the device; of every further level
    one node, the helper, may be used.
routing.py
    Which links a tensor takes between two helpers: part of the definition.
plan.py, plan_document.py
    `CutPlan`: version, helper of every level, node of every layer; the same as plain data for files.
referee.py
    `evaluate(problem, plan)` from the definition, and `account_of` with every stage and crossing.
case.py, cases.py
    `CutCase`: costs as arrays (level, layer) and (unit, tensor) once version and helpers are chosen, what every
    method works on; ``case.plan(level)`` makes the plan of a placement. `cases_of(problem)`: all of them.
evaluator.py
    `evaluate_levels(case, level)`: many placements at once; `monotone_levels(case)`: all of them.
family.py
    Registration.

Methods are in `solvers.exact.cut`; `instances.one_inference` builds an instance from measured times.
"""
