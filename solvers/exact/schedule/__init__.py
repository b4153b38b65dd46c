"""Exact methods of the family `schedule`.

flow_shop_counts.py, flow_shop_cp_sat.py
    The methods `flow-shop-counts` and `flow-shop-cp-sat`: one device, one server, one serial uplink.
"""
