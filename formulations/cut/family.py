"""Registration of the family `cut` and its mathematical models."""

from __future__ import annotations

from typing import Any

from formulations.cut.plan_document import plan_document, plan_of
from formulations.cut.problem import CutOptions, CutProblem
from formulations.cut.referee import evaluate
from formulations.registry import Family, Formulation, register_family, register_formulation
from instances.instance import Instance

__all__ = ["CUT"]


def _problem(instance: Instance, options: Any) -> CutProblem:
    return CutProblem(instance=instance, options=options)


CUT = register_family(
    Family(
        name="cut",
        summary="one inference without contention: the node of every layer of a chain or DAG over ordered levels",
        Options=CutOptions,
        problem=_problem,
        evaluate=evaluate,
        plan_document=plan_document,
        plan_of=plan_of,
    )
)

for _name, _language, _summary in (
    ("cut-pyomo", "pyomo", "MILP in Pyomo: levels of layers, payments of tensors, limits, the busiest stage"),
    ("cut-pulp", "pulp", "the same MILP, light, in PuLP"),
    ("cut-cp-sat", "cp-sat", "constraint model in CP-SAT: payments as clauses, whole numbers rounded to the safe side"),
):
    register_formulation(Formulation(name=_name, family="cut", language=_language, summary=_summary))
