"""Registration of the family `schedule` and its mathematical models."""

from __future__ import annotations

from typing import Any

from formulations.registry import Family, Formulation, register_family, register_formulation
from formulations.schedule.plan_document import plan_document, plan_of
from formulations.schedule.problem import ScheduleOptions, ScheduleProblem
from formulations.schedule.referee import evaluate
from instances.instance import Instance

__all__ = ["SCHEDULE"]


def _problem(instance: Instance, options: Any) -> ScheduleProblem:
    return ScheduleProblem(instance=instance, options=options)


SCHEDULE = register_family(
    Family(
        name="schedule",
        summary="when and where every layer runs: cores, transfers, precedence, deadlines; makespan, response, energy",
        Options=ScheduleOptions,
        problem=_problem,
        evaluate=evaluate,
        plan_document=plan_document,
        plan_of=plan_of,
    )
)

for _name, _language, _summary in (
    (
        "schedule-cp-sat",
        "cp-sat",
        "constraint model in CP-SAT: optional intervals on nodes and channels, windows of nodes",
    ),
    (
        "schedule-pyomo",
        "pyomo",
        "MILP in Pyomo: disjunctive, an order for every two operations or transfers that may meet",
    ),
    ("flow-shop-pulp", "pulp", "chains on one device and uplink: how many jobs of every class take every cut"),
    ("flow-shop-cp-sat", "cp-sat", "device, uplink and server as a flow shop whose jobs' cuts are free"),
):
    register_formulation(Formulation(name=_name, family="schedule", language=_language, summary=_summary))
