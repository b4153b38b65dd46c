"""Exact methods of the family `schedule`.

enumeration.py, order_search.py
    `schedule-enumeration`: every placement and every order of a small problem.
"""
