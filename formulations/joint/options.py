"""The option table: every placement a task may take, with its cost and its use of what is shared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formulations.joint.enumerate_options import enumerate_options
from formulations.joint.plan import JointPlan
from formulations.joint.positions import Positions, positions_of
from formulations.joint.problem import JointProblem
from formulations.joint.uplinks import uplinks_of
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from instances.instance import Instance
from instances.system import Tier

__all__ = ["OptionTable", "option_count", "option_table"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptionTable:
    """Options of all tasks as columns, for equation (J) of the problem statement.

    Parameters
    ----------
    problem : JointProblem
        What the table was made from.
    task_offsets : int array, shape (n_tasks + 1,)
        Options of task ``k`` are ``task_offsets[k]:task_offsets[k + 1]``; none where the task
        has no allowed placement.
    version, candidate, cloud, device_until, edge_until : int arrays, shape (n_options,)
        The placement, as in `JointPlan`.
    cost : array, shape (n_options,)
        The part of the objective that no sharing changes: weighted fixed seconds, linear joules
        and money.
    use_offsets : int array, shape (n_options + 1,)
        Uses of option ``p`` are rows ``use_offsets[p]:use_offsets[p + 1]``.
    use_resource : int array, shape (n_uses,)
        The shared resource.
    use_seconds : array, shape (n_uses,)
        Seconds that the option would take with the resource to itself (a_kpr > 0).
    use_weight : array, shape (n_uses,)
        Objective units per second of shared time (v_kpr).
    memory_offsets, memory_node, memory_bytes : arrays
        Weights that the option puts on limited nodes, in the same form.
    n_enumerated : int
        Number of allowed options that were priced (rule 0 of `option_table` acts before that).
    """

    problem: JointProblem
    task_offsets: IntArray
    version: IntArray
    candidate: IntArray
    cloud: IntArray
    device_until: IntArray
    edge_until: IntArray
    cost: FloatArray
    use_offsets: IntArray
    use_resource: IntArray
    use_seconds: FloatArray
    use_weight: FloatArray
    memory_offsets: IntArray
    memory_node: IntArray
    memory_bytes: FloatArray
    n_enumerated: int

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.task_offsets) - 1

    @property
    def n_options(self) -> int:
        """Number of options kept."""
        return len(self.cost)

    @property
    def n_resources(self) -> int:
        """Number of shared resources of the instance."""
        return len(self.problem.instance.system.resources)

    @property
    def use_root(self) -> FloatArray:
        """s_kpr = sqrt(v_kpr a_kpr), shape (n_uses,): what a use adds to the root of a resource's cost."""
        return np.sqrt(self.use_weight * self.use_seconds)

    @property
    def use_cost(self) -> FloatArray:
        """b_kpr = v_kpr a_kpr, shape (n_uses,): cost of a use alone."""
        return self.use_weight * self.use_seconds

    def option_task(self) -> IntArray:
        """Return the task of every option, shape (n_options,)."""
        return np.repeat(np.arange(self.n_tasks), np.diff(self.task_offsets))

    def use_option(self) -> IntArray:
        """Return the option of every use, shape (n_uses,)."""
        return np.repeat(np.arange(self.n_options), np.diff(self.use_offsets))

    def alone_cost(self) -> FloatArray:
        """Return each option's cost with every resource to itself, shape (n_options,)."""
        total: FloatArray = self.cost + np.bincount(self.use_option(), self.use_cost, minlength=self.n_options)
        return total

    def task_without_option(self) -> int | None:
        """Return the first task that has no allowed placement, or None."""
        empty = np.flatnonzero(np.diff(self.task_offsets) == 0)
        return int(empty[0]) if len(empty) else None

    def plan(self, choice: IntArray) -> JointPlan:
        """Return the plan that takes option ``choice[k]`` (a row of the table) for task ``k``."""
        return JointPlan(
            version=self.version[choice],
            candidate=self.candidate[choice],
            cloud=self.cloud[choice],
            device_until=self.device_until[choice],
            edge_until=self.edge_until[choice],
        )


def option_table(problem: JointProblem, *, prune: bool = True, positions: Positions | None = None) -> OptionTable:
    """Enumerate the options of every task.

    Parameters
    ----------
    problem : JointProblem
        Instance and options.
    prune : bool
        Drop options by three proven rules. (0) Of cuts between which nothing is computed and no
        weights lie, only the one with the smallest tensor counts. (1) An option that alone costs at least as much as an
        option without any use of shared resources and without memory is out: whatever the others
        do, its marginal cost is at least its cost alone. (2) An option is out where another of the
        same candidate costs no more, uses no resource more (weighted seconds) and takes no more
        memory anywhere: exchanging them raises no term of (J), nor of the equal-share cost.
    positions : Positions, optional
        Cut only there; all cut positions (merged by rule 0 if `prune`) by default.

    Raises
    ------
    InputError
        If the objective puts weight 0 on some uses of a resource and more than 0 on others under
        ``sharing="optimal"``: the best shares of the former do not exist.
    """
    instance = problem.instance
    if positions is None:
        positions = positions_of(instance, merge=prune)
    columns = enumerate_options(problem, positions, uplinks_of(instance.system), prune)
    table = OptionTable(problem=problem, **columns)
    if problem.options.sharing == "optimal":
        _refuse_mixed_weights(table)
    return table


def option_count(instance: Instance, positions: Positions | None = None) -> int:
    """Return how many options `option_table` prices, limits on memory and accuracy left aside.

    `positions` are the merged cut positions of the networks, where they are known.
    """
    if positions is None:
        positions = positions_of(instance, merge=True)
    uplinks = uplinks_of(instance.system)
    load, system = instance.workload, instance.system
    last = np.diff(positions.offsets) - 1
    versions = np.diff(positions.network_offsets)

    def per_network(counts: IntArray) -> IntArray:
        return np.add.reduceat(counts, positions.network_offsets[:-1])

    network = load.task_network
    site = load.candidate_site
    owner = np.repeat(np.arange(load.n_tasks), np.diff(load.candidate_offsets))
    clouds = np.bincount(uplinks[:, 0], minlength=system.n_nodes)[site]
    clouds[system.node_tier[site] == Tier.CLOUD] = 0
    at_edge, through = per_network(last)[network[owner]], per_network(last * (last + 1) // 2)[network[owner]]
    return int(versions[network].sum() + at_edge.sum() + (clouds * through).sum())


def _refuse_mixed_weights(table: OptionTable) -> None:
    n = table.n_resources
    zero = np.bincount(table.use_resource, table.use_weight == 0, minlength=n) > 0
    positive = np.bincount(table.use_resource, table.use_weight > 0, minlength=n) > 0
    mixed = np.flatnonzero(zero & positive)
    if len(mixed):
        instance, resource = table.problem.instance, int(mixed[0])
        system = instance.system
        use = int(np.flatnonzero((table.use_resource == resource) & (table.use_weight == 0))[0])
        option = int(np.searchsorted(table.use_offsets, use, side="right")) - 1
        task = int(np.searchsorted(table.task_offsets, option, side="right")) - 1
        kind = system.kinds[int(system.node_kind[instance.workload.task_source[task]])]
        raise InputError(
            f"resource {system.resources[resource].name}",
            'under sharing "optimal" all its users must have weight > 0, or all 0, as one of weight 0 would get no share; '
            f"task {task} (weight {instance.workload.task_weight[task]:g}, idle watts of {kind.name}: {kind.idle_watts:g}) "
            'has 0: set latency_weight > 0, give every task and device more than 0, or use sharing "equal"',
        )
