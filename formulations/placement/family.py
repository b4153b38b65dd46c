"""Registration of the family `placement` and its mathematical models."""

from __future__ import annotations

from typing import Any

from formulations.placement.plan_document import plan_document, plan_of
from formulations.placement.problem import PlacementOptions, PlacementProblem
from formulations.placement.referee import evaluate
from formulations.registry import Family, Formulation, register_family, register_formulation
from instances.instance import Instance

__all__ = ["PLACEMENT"]


def _problem(instance: Instance, options: Any) -> PlacementProblem:
    return PlacementProblem(instance=instance, options=options)


PLACEMENT = register_family(
    Family(
        name="placement",
        summary="one network on accelerators and hosts: least maximum load, contiguous or not, or least latency",
        Options=PlacementOptions,
        problem=_problem,
        evaluate=evaluate,
        plan_document=plan_document,
        plan_of=plan_of,
    )
)

for _name, _language, _summary in (
    (
        "placement-pyomo",
        "pyomo",
        "MILP in Pyomo: workers of blocks, payments at borders, the order or the times of blocks",
    ),
    ("placement-pulp", "pulp", "the same MILP, light, in PuLP"),
    ("placement-cp-sat", "cp-sat", "the same as a constraint model in CP-SAT, whole numbers rounded to the safe side"),
):
    register_formulation(Formulation(name=_name, family="placement", language=_language, summary=_summary))
