"""Exact methods of the family `placement`.

dynamic_program.py, cp_sat.py, milp.py
    The methods `placement-dp`, `placement-cp-sat`, `placement-milp`.
ideals.py, lattice.py, ideal_kernels.py
    Ideals of a DAG, and the dynamic program over them.
bound.py
    A lower bound from the balance of work, certified by weak duality.
search.py
    What the two methods with a mathematical model share.
"""
