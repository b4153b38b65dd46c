"""The study of SPSO-GA (TPDS 33(3), 2022) as instances: devices, edge servers and a cloud that run whole networks.

networks.toml, networks.py
    Four networks with their layer times, as the authors publish them.
servers.py
    The authors' machines, and what their material leaves open, as parameters.
instance.py
    Both as an instance.
"""
