"""Registration of the family `joint` and its mathematical models."""

from __future__ import annotations

from typing import Any

from formulations.joint.plan_document import plan_document, plan_of
from formulations.joint.problem import JointOptions, JointProblem
from formulations.joint.referee import evaluate
from formulations.registry import Family, Formulation, register_family, register_formulation
from instances.instance import Instance

__all__ = ["JOINT"]


def _problem(instance: Instance, options: Any) -> JointProblem:
    return JointProblem(instance=instance, options=options)


JOINT = register_family(
    Family(
        name="joint",
        summary="many tasks, shared nodes and links: placement of every task and shares of every resource",
        Options=JointOptions,
        problem=_problem,
        evaluate=evaluate,
        plan_document=plan_document,
        plan_of=plan_of,
    )
)

for _name, _language, _summary in (
    (
        "joint-pyomo",
        "pyomo",
        "MILP in Pyomo: cuts below the squares for optimal shares, exactly linearised counts for equal shares",
    ),
    ("joint-pulp", "pulp", "the same MILP, light, in PuLP"),
    (
        "joint-cp-sat",
        "cp-sat",
        "constraint model in CP-SAT: cuts or integer squares for optimal shares, implied counts for equal shares",
    ),
):
    register_formulation(Formulation(name=_name, family="joint", language=_language, summary=_summary))
