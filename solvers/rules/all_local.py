"""The rule `all-local`."""

from __future__ import annotations

from typing import ClassVar

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from formulations.schedule.plan import SchedulePlan
from formulations.schedule.problem import ScheduleProblem
from instances.system import Tier
from solvers.registry import register
from solvers.rules.whole_network import WholeNetworkRule, local_plan
from solvers.rules.whole_schedule import schedule_at

__all__ = ["AllLocal"]


@register("all-local", kind="rule", deterministic=True)
class AllLocal(WholeNetworkRule):
    """Every task runs on its own device, in the cheapest version that meets its accuracy floor."""

    families: ClassVar[frozenset[str]] = frozenset({"joint", "schedule"})

    def plan(self, problem: JointProblem | ScheduleProblem) -> JointPlan | SchedulePlan | str:
        """Return the plan, or why there is none."""
        if isinstance(problem, ScheduleProblem):
            return schedule_at(problem, Tier.DEVICE)
        return local_plan(problem)
