"""Exact methods of the family `schedule`, and bounds.

cp_sat.py, milp.py
    The methods `schedule-cp-sat` and `schedule-milp`: a mathematical model and its solver.
enumeration.py, order_search.py, order_times.py, order_desk.py
    The method `schedule-enumeration`: brute force over placements and orders, for small problems.
chain_program.py, path_search.py, path_costs.py
    The method `schedule-chain-dp`: labels over layers, nodes and what is left on, for chains that do not meet.
bound.py, bounds.py
    The method `schedule-bound`: critical paths, loads, and energy by paths that share the nodes.
start.py
    First plans: list schedules, and the plan of another method.
flow_shop_counts.py, flow_shop_cp_sat.py
    The methods `flow-shop-counts` and `flow-shop-cp-sat`: one device, one server, one serial uplink.
"""
