"""The rule `all-local`."""

from __future__ import annotations

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from solvers.registry import register
from solvers.rules.whole_network import WholeNetworkRule, local_plan

__all__ = ["AllLocal"]


@register("all-local", kind="rule", deterministic=True)
class AllLocal(WholeNetworkRule):
    """Every task runs on its own device, in the cheapest version that meets its accuracy floor."""

    def plan(self, problem: JointProblem) -> JointPlan | str:
        """Return the plan, or why there is none."""
        return local_plan(problem)
