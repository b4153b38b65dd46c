"""Exact methods of the family `cut`.

cases.py, search.py
    A method solves each case (version and helpers chosen), the best one is the answer.
reduction.py
    Layers that share a level in some optimum at every bandwidth become one; every method starts with it.
enumeration.py, chain_scan.py, chain_path.py, min_cut.py, milp.py, cp_sat.py
    The methods `cut-enumeration`, `chain-scan`, `tier-dp` and `excursion-path`, `min-cut`, `cut-milp`, `cut-cp-sat`.
layered_graph.py, flow.py
    The layered graph of k ordered levels on a DAG, and minimum cuts by OR-Tools.
bandwidth.py
    All bandwidths at once: `bandwidth_map`, `scan_bandwidths`.
dads_graph.py
    The graph of DADS as published, for comparison.
"""
