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
flow_shop.py, flow_shop_plan.py, flow_shop_pulp.py, flow_shop_cp_sat.py
    `flow_shop_of(problem)`: jobs of one device, one uplink and one server, whose cuts are free; plans from cuts and orders;
    the numbers of jobs by cut as a MILP; cuts and order as constraint models.
family.py
    Registration.
"""
