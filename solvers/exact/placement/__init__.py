"""Exact methods of the family `placement`.

dynamic_program.py, cp_sat.py, milp.py
    The methods `placement-dp`, `placement-cp-sat`, `placement-milp`.
ideals.py, lattice.py, ideal_kernels.py
    Ideals of a DAG, and the dynamic program over them for the maximum load.
latency_program.py, labels.py, label_kernels.py
    The label program over ideals for the latency.
moves.py, move_kernels.py, polish.py
    A local search over placements, and how a plan is bettered with it.
bound.py, crowd.py
    Lower bounds on the maximum load: from the balance of work, certified by weak duality, and by counting.
path_bound.py, path_tables.py
    A lower bound on the latency from what one path forces.
search.py
    What the two methods with a mathematical model share.
"""
