"""Exact methods of the family `cut`.

cases.py
    `solve_cases`: a method solves each case (version and helpers chosen), the best one is the answer.
enumeration.py, chain_scan.py, min_cut.py
    The methods `cut-enumeration`, `chain-scan`, `min-cut`.
layered_graph.py, flow.py
    The layered graph of k ordered levels on a DAG, and minimum cuts by OR-Tools.
"""
