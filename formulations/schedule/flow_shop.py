"""A schedule problem of one device, one server and one uplink as a flow shop of jobs whose cut is free.

A job runs its layers up to a cut on the device, sends one tensor, and runs the rest on the server:

    device seconds f(l), non-decreasing in the cut l  ->  upload seconds g(l), 0 at the last layer  ->  server seconds h(l).

Cuts are the layers after which one tensor alone crosses (all layers of a chain). Jobs of one network are a class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from formulations.schedule.problem import ScheduleProblem
from instances.columns import BoolArray, FloatArray, IntArray
from instances.networks.graph import NetworkGraph

__all__ = ["FlowShop", "JobClass", "flow_shop_of", "johnson_order", "pareto"]


@dataclass(frozen=True, kw_only=True, eq=False)
class JobClass:
    """The jobs of one network; k cuts, n layers.

    Parameters
    ----------
    tasks : int array, shape (n_jobs,)
        The jobs, ascending.
    network : NetworkGraph
        What they run.
    cut : int array, shape (k,)
        Last layer on the device of every cut that may be made, ascending; 0: nothing but the input stays.
    device_s, upload_s, server_s : arrays, shape (k,)
        f, g and h of every cut.
    sends : bool array, shape (k,)
        Whether a tensor is sent: of all cuts but that behind the last layer.
    device_bytes, server_bytes : arrays, shape (k,)
        Weights on either side of every cut.
    layer_device_s, layer_server_s : arrays, shape (n,)
        Of every layer; the input's are 0.
    """

    tasks: IntArray
    network: NetworkGraph
    cut: IntArray
    device_s: FloatArray
    upload_s: FloatArray
    server_s: FloatArray
    sends: BoolArray
    device_bytes: FloatArray
    server_bytes: FloatArray
    layer_device_s: FloatArray
    layer_server_s: FloatArray

    @property
    def is_chain(self) -> bool:
        """Whether every layer reads the one before it, and nothing else."""
        return self.network.edges == tuple((v - 1, v) for v in range(1, len(self.network)))


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowShop:
    """The jobs and what they pass.

    Parameters
    ----------
    problem : ScheduleProblem
        What it is about.
    device, server : int
        The two nodes.
    device_cores, server_cores : int
        Jobs that either runs at a time; a part of a job runs layer after layer, on one core.
    serial : bool
        Whether uploads pass one at a time.
    classes : tuple of JobClass
        By the order of the networks in the instance.
    class_of : int array, shape (n_tasks,)
        Class of every job.
    device_memory, server_memory : float
        Bytes for weights; ``inf`` where memory is no limit.
    """

    problem: ScheduleProblem
    device: int
    server: int
    device_cores: int
    server_cores: int
    serial: bool
    classes: tuple[JobClass, ...]
    class_of: IntArray
    device_memory: float
    server_memory: float

    @property
    def n_jobs(self) -> int:
        """Number of jobs."""
        return len(self.class_of)

    @property
    def release(self) -> FloatArray:
        """Release of every job, shape (n_jobs,)."""
        return self.problem.instance.workload.task_release_s

    @property
    def released_together(self) -> bool:
        """Whether all jobs are there at one time."""
        return bool((self.release == self.release[0]).all())

    @property
    def memory_binds(self) -> bool:
        """Whether the weights of all jobs may be more than a node holds."""
        sides = (("device_bytes", self.device_memory), ("server_bytes", self.server_memory))
        return any(
            sum(len(one.tasks) * float(getattr(one, name).max()) for one in self.classes) > limit
            for name, limit in sides
        )

    @cached_property
    def longest_server_s(self) -> float:
        """The longest that a job can take on the server."""
        return float(max(one.server_s.max() for one in self.classes))

    @property
    def one_cut_is_enough(self) -> bool:
        """Whether some plan of least makespan cuts every job once, and runs its parts without a break.

        True of chains that are released together over a serial uplink, where nobody waits for a core of the server and
        none of its layers is slower than on the device. Then layers that come back to the device could as well have
        stayed away; and the device may finish the jobs' first parts one by one, in the order in which it finishes
        them anyhow.
        """
        unlimited = self.server_cores >= self.n_jobs or self.longest_server_s == 0.0
        return (
            self.serial
            and self.device_cores == 1
            and unlimited
            and self.released_together
            and all(one.is_chain and bool((one.layer_server_s <= one.layer_device_s).all()) for one in self.classes)
        )

    def stages(self, cut: IntArray) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
        """Return seconds on the device, of the upload and on the server, and whether there is an upload, of every job.

        Parameters
        ----------
        cut : int array, shape (n_jobs,)
            Row of every job's cut in its class.
        """
        device, upload, server = (np.empty(self.n_jobs) for _ in range(3))
        sends = np.empty(self.n_jobs, dtype=bool)
        for one in self.classes:
            row = cut[one.tasks]
            device[one.tasks], upload[one.tasks] = one.device_s[row], one.upload_s[row]
            server[one.tasks], sends[one.tasks] = one.server_s[row], one.sends[row]
        return device, upload, server, sends


def flow_shop_of(problem: ScheduleProblem) -> FlowShop | str:
    """Return `problem` as a flow shop, or one sentence why it is none."""
    instance, options, load = problem.instance, problem.options, problem.instance.workload
    system = instance.system
    device = int(load.task_source[0])
    if (load.task_source != device).any():
        return "its jobs must come from one device"
    if options.return_result:
        return "its results stay on the server, return_result sends them back"
    if options.makespan_limit_s is not None or options.energy_limit_j is not None or options.price_limit is not None:
        return "it knows no limit on makespan, energy or price"
    if options.deadlines == "hard" and np.isfinite(load.task_deadline_s).any():
        return "it knows no hard deadlines"
    # tasks of one network that reach the same sites are alike
    reach = np.diff(load.candidate_offsets) > 0
    key = load.task_network.astype(np.int64) * 2 + reach
    _, first, class_of = np.unique(key, return_index=True, return_inverse=True)
    where = [[problem.nodes_for(task, v) for v in range(len(problem.network_of(task)))] for task in first.tolist()]
    others = set().union(*(nodes for layers in where for nodes in layers)) | set(load.candidate_site.tolist())
    others.discard(device)
    if len(others) != 1:
        return f"it has a device and one server, here are {len(others)} nodes beside the device"
    server = others.pop()
    way = problem.ways.way(device, server)
    if way is None:
        return "there is no way from the device to the server"
    classes = []
    for row, (task, nodes) in enumerate(zip(first.tolist(), where, strict=True)):
        one = _job_class(problem, np.flatnonzero(class_of == row), task, nodes, device, server)
        if not len(one.cut):
            return f"network {one.network.name} has no cut that keeps its layers where they may run"
        classes.append(one)
    device_kind, server_kind = (system.kinds[system.node_kind[node]] for node in (device, server))
    memory = np.where(options.memory, system.node_memory_bytes[[device, server]], np.inf)
    return FlowShop(
        problem=problem,
        device=device,
        server=server,
        device_cores=device_kind.cores,
        server_cores=server_kind.cores,
        serial=options.links == "serial",
        classes=tuple(classes),
        class_of=class_of.astype(np.int64),
        device_memory=float(memory[0]),
        server_memory=float(memory[1]),
    )


def _job_class(
    problem: ScheduleProblem, tasks: IntArray, task: int, where: list[frozenset[int]], device: int, server: int
) -> JobClass:
    network, system = problem.network_of(task), problem.instance.system
    costs = problem.instance.costs[int(problem.instance.workload.task_network[task])]
    here, there = (
        np.r_[0.0, costs.layer_seconds[system.node_kind[node], 1:] / system.node_speed[node]]
        for node in (device, server)
    )
    may_stay = np.logical_and.accumulate([device in nodes for nodes in where])
    may_leave = np.r_[np.logical_and.accumulate([server in nodes for nodes in where][:0:-1])[::-1], True]
    cut = network.cut_points()
    cut = cut[may_stay[cut] & may_leave[cut]]
    last = len(network) - 1
    done, held = np.cumsum(here), np.cumsum(network.parameter_bytes)
    # added from the end, so that the last layer leaves exactly 0
    left = np.r_[np.cumsum(there[:0:-1])[::-1], 0.0]
    way = problem.ways.way(device, server)
    assert way is not None  # checked before
    upload = [0.0 if c == last else problem.ways.seconds(way, float(network.output_bytes[c])) for c in cut.tolist()]
    return JobClass(
        tasks=tasks,
        network=network,
        cut=cut,
        device_s=done[cut],
        upload_s=np.array(upload),
        server_s=left[cut],
        sends=cut < last,
        device_bytes=held[cut],
        server_bytes=held[-1] - held[cut],
        layer_device_s=here,
        layer_server_s=there,
    )


def johnson_order(first: FloatArray, second: FloatArray) -> IntArray:
    """Return Johnson's order of jobs on two machines in series: least makespan (Johnson, Nav. Res. Log. Q. 1(1), 1954).

    Jobs shorter on the first machine come first, by rising `first`; the others by falling `second`. Ties keep their order.

    Examples
    --------
    >>> import numpy as np
    >>> johnson_order(np.array([3.0, 1.0, 2.0]), np.array([1.0, 5.0, 4.0])).tolist()
    [1, 2, 0]
    """
    ahead = first < second
    order: IntArray = np.lexsort((np.where(ahead, first, -second), ~ahead))
    return order


def pareto(*columns: FloatArray) -> BoolArray:
    """Return which rows no other row dominates, shape (n,): none is as small everywhere; of equal rows the first stays."""
    rows = np.column_stack(columns)
    no_larger = (rows[:, None] <= rows[None]).all(axis=2)
    equal = no_larger & no_larger.T
    beaten: BoolArray = np.logical_or((no_larger & ~equal).any(axis=0), np.triu(equal, 1).any(axis=0))
    return ~beaten
