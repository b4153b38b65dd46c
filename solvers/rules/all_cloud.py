"""The rule `all-cloud`."""

from __future__ import annotations

from typing import ClassVar

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from instances.system import Tier
from solvers.registry import register
from solvers.rules.whole_network import WholeNetworkRule, cloud_plan
from solvers.rules.whole_schedule import schedule_at

__all__ = ["AllCloud"]


@register("all-cloud", kind="rule", deterministic=True)
class AllCloud(WholeNetworkRule):
    """Every task sends its input to the cloud, through the first candidate that reaches one, and runs there.

    The version is the cheapest that meets the task's accuracy floor, priced as if alone there.
    """

    families: ClassVar[frozenset[str]] = frozenset({"joint", "schedule"})

    def plan(self, problem: JointProblem | ScheduleProblem) -> JointPlan | SchedulePlan | str:
        """Return the plan, or why there is none."""
        if isinstance(problem, ScheduleProblem):
            return schedule_at(problem, Tier.CLOUD)
        return cloud_plan(problem)
