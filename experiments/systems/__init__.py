"""The published systems: one file each, which states what was published and what of it can be checked here.

claim.py
    `Claim`: what the publication (or our derivation) says, and a check that is computed; `Finding`: its result.
system.py
    `System`: card of a system; the decorator `system` enters a class with `measure` and `claims`.
catalogue.py
    All systems that the workbench covers or plans to, by number.
bench.py
    `Bench`: where a system solves its problems: methods by name, judged by the referee.
findings.py
    Checks that many claims share.
profiles.py, two_tier.py, branchy_alexnet.py, mlp.py, axes.py
    Scenarios that systems share: measured layer times, a device and a server, a network with exits, a learner; axes.
job_streams.py
    Many jobs of one device with an uplink to a server.
NAME_findings.py, NAME_scenario.py and the like
    Checks, scenario or study of one system, where they do not fit beside its claims.
reproduction.py
    `reproduce`: measure, check, collect; what `tiercut reproduce` prints and writes.
"""
