"""The problem of the family `placement`: the layers of one network on accelerators and hosts.

An instance may hold many tasks; a placement problem is about one of them (`PlacementOptions.task`). Either its samples
stream through the workers as a pipeline and the maximum load is to be least, or the latency of one sample. The
accelerators are the sites that the task reaches.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from instances.columns import FloatArray
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.instance import Instance
from instances.networks.graph import NetworkGraph

__all__ = ["HOST_ONLY", "LATENCY", "LOAD", "PlacementOptions", "PlacementProblem", "Worker", "layer_rules"]

LOAD, LATENCY = "load", "latency"
DEVICE, NONE = "device", "none"
HOST_ONLY = "host"
_CLASS = "class:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementOptions:
    """What is asked of one task of an instance.

    Parameters
    ----------
    task : int
        The task, counted from 0; the others are not there.
    accelerators : int
        How many of the sites that the task reaches are used, in the instance's order; 0: all.
    hosts : str
        Workers that pay for no transfer: ``device`` (the task's device), ``none``, or node names with ``,`` between.
    contiguous : bool
        Whether the workers must stand in an order in which no tensor goes back (a pipeline).
    overlap : bool
        Whether a worker computes, receives and sends at the same time: its load is the greatest of the three, not
        their sum.
    memory : bool
        Whether the nodes' memory limits hold.
    objective : {"load", "latency"}
        The maximum load of a worker, or the latency of one sample. With ``latency`` an accelerator runs its layers as
        one block, which starts when all its inputs are there and gives all its results at its end, and hosts have as
        many cores as it takes; `contiguous` must be true then and `overlap` false.
    """

    task: int = 0
    accelerators: int = 0
    hosts: str = DEVICE
    contiguous: bool = True
    overlap: bool = False
    memory: bool = True
    objective: str = LOAD

    def __post_init__(self) -> None:
        for name in ("task", "accelerators"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InputError(f"problem option {name}", "must be a whole number >= 0", value)
        for name in ("contiguous", "overlap", "memory"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"problem option {name}", "must be true or false", getattr(self, name))
        if not isinstance(self.hosts, str) or not self.hosts:
            raise InputError("problem option hosts", "must be device, none, or node names", self.hosts)
        if self.objective not in (LOAD, LATENCY):
            raise InputError("problem option objective", f"must be {LOAD} or {LATENCY}", self.objective)
        if self.objective == LATENCY and not self.contiguous:
            raise InputError("problem option contiguous", f"must be true with objective={LATENCY}", self.contiguous)
        if self.objective == LATENCY and self.overlap:
            raise InputError("problem option overlap", f"must be false with objective={LATENCY}", self.overlap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A node that may run layers; ``seconds_per_byte`` is 0 on hosts."""

    node: int
    host: bool
    seconds_per_byte: float


def layer_rules(kind: str) -> tuple[bool, str | None]:
    """Return whether a layer of `kind` runs on hosts only, and the class whose layers share a worker (None: none).

    Among the words of a kind, ``host`` says the first and ``class:NAME`` the second.
    """
    words = kind.split()
    classes = [word[len(_CLASS) :] for word in words if word.startswith(_CLASS)]
    return HOST_ONLY in words, classes[0] if classes else None


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacementProblem:
    """One task of an instance with the options of the family `placement`.

    Parameters
    ----------
    instance : Instance
        Network, system and costs.
    options : PlacementOptions
        What is asked.
    workers : tuple of Worker
        Hosts first, then accelerators. Derived.

    Raises
    ------
    InputError
        If there is no such task or worker.
    """

    family = "placement"

    instance: Instance
    options: PlacementOptions = PlacementOptions()
    workers: tuple[Worker, ...] = field(init=False)

    def __post_init__(self) -> None:
        load, system = self.instance.workload, self.instance.system
        if self.options.task >= load.n_tasks:
            raise InputError("problem option task", f"must be in 0..{load.n_tasks - 1}", self.options.task)
        hosts = self._hosts()
        sites: dict[int, float] = {}
        for row in load.candidates_of(self.options.task):
            site = int(load.candidate_site[row])
            if site not in hosts and site not in sites:
                links = system.links_of(int(load.candidate_route[row]))
                sites[site] = float((1.0 / system.link_bytes_per_s[links]).sum())
        if self.options.accelerators > len(sites):
            raise InputError("problem option accelerators", f"must be in 0..{len(sites)}", self.options.accelerators)
        chosen = list(sites.items())[: self.options.accelerators or None]
        workers = (
            *(Worker(node=node, host=True, seconds_per_byte=0.0) for node in hosts),
            *(Worker(node=node, host=False, seconds_per_byte=rate) for node, rate in chosen),
        )
        if not workers:
            raise InputError("problem", "needs a host or an accelerator", 0)
        object.__setattr__(self, "workers", workers)

    @property
    def network(self) -> NetworkGraph:
        """The network that is placed."""
        return self.instance.networks[int(self.instance.workload.task_network[self.options.task])]

    @property
    def costs(self) -> CostTable:
        """Seconds and joules of its layers."""
        return self.instance.costs[int(self.instance.workload.task_network[self.options.task])]

    def layer_seconds(self, node: int) -> FloatArray:
        """Return the seconds of every layer on `node`, shape (n_layers,)."""
        system = self.instance.system
        seconds: FloatArray = self.costs.layer_seconds[system.node_kind[node]] / system.node_speed[node]
        return seconds

    def memory_limit(self, worker: Worker) -> float:
        """Return the bytes of weights that `worker` holds at most; hosts have no limit."""
        if worker.host or not self.options.memory:
            return float(np.inf)
        return float(self.instance.system.node_memory_bytes[worker.node])

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain data, with the family's name."""
        return {"family": "placement", **asdict(self.options)}

    def _hosts(self) -> tuple[int, ...]:
        system = self.instance.system
        source = int(self.instance.workload.task_source[self.options.task])
        if self.options.hosts == NONE:
            return ()
        if self.options.hosts == DEVICE:
            return (source,)
        known = {system.node_name(source): source, **{name: i for i, name in enumerate(system.node_names)}}
        found = []
        for name in (text.strip() for text in self.options.hosts.split(",")):
            if name not in known or system.node_kind[known[name]] < 0 or known[name] in found:
                raise InputError("problem option hosts", "must be device, none, or different nodes that compute", name)
            found.append(known[name])
        return tuple(found)
