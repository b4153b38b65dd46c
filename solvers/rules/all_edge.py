"""The rule `all-edge`."""

from __future__ import annotations

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from solvers.registry import register
from solvers.rules.whole_network import WholeNetworkRule, edge_plan

__all__ = ["AllEdge"]


@register("all-edge", kind="rule", deterministic=True)
class AllEdge(WholeNetworkRule):
    """Every task sends its input to its nearest edge (its first candidate that is one) and runs there.

    The version is the cheapest that meets the task's accuracy floor, priced as if alone there.
    """

    def plan(self, problem: JointProblem) -> JointPlan | str:
        """Return the plan, or why there is none."""
        return edge_plan(problem)
