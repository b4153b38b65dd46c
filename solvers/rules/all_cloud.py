"""The rule `all-cloud`."""

from __future__ import annotations

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from solvers.registry import register
from solvers.rules.whole_network import WholeNetworkRule, cloud_plan

__all__ = ["AllCloud"]


@register("all-cloud", kind="rule", deterministic=True)
class AllCloud(WholeNetworkRule):
    """Every task sends its input to the cloud, through the first candidate that reaches one, and runs there.

    The version is the cheapest that meets the task's accuracy floor, priced as if alone there.
    """

    def plan(self, problem: JointProblem) -> JointPlan | str:
        """Return the plan, or why there is none."""
        return cloud_plan(problem)
