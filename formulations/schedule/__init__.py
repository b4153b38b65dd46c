"""The family `schedule`: when and where every layer of every task runs.

problem.py
    `ScheduleOptions` (objective weights, rule of links, deadlines, limits) and `ScheduleProblem`.
ways.py
    `NodeWays`: which links a tensor takes between two nodes; part of the definition.
plan.py, plan_document.py
    `SchedulePlan`: node and start of every operation, start of every transfer; the same as plain data for files.
trace.py, referee.py
    `trace_of(problem, plan)`: every activity with start, end, joules and money; `evaluate(problem, plan)` prices it
    and lists what the plan breaks.
case.py
    `case_of(problem)`: operations, nodes and ways as arrays, what every method works on.
kernel_arrays.py, decoder.py, heap.py, evaluator.py
    What kernels read of a case; a schedule for every operation's node and rank; many of them priced at once.
timing.py, activities.py, windows.py, window_descent.py, window_program.py
    `retime(case, plan)`: the exact best starts of a plan's placement and orders.
flow_shop.py, flow_shop_plan.py, flow_shop_pulp.py, flow_shop_cp_sat.py
    `flow_shop_of(problem)`: jobs of one device, one uplink and one server, whose cuts are free; plans from cuts and orders;
    the numbers of jobs by cut as a MILP; cuts and order as constraint models.
cp_sat_model.py, cp_sat_objective.py, cp_sat_variables.py, cp_sat_hint.py, pyomo_model.py
    The mathematical models; `alike.py`, `critical_path.py` and `whole_numbers.py` serve them.
family.py
    Registration.
"""
