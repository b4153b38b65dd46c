"""All published systems that the workbench covers or plans to, in the survey's order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CATALOGUE", "Planned", "state_of"]

State = Literal["reproduces", "planned"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A system by number, name, problem family and what it is called."""

    number: int
    name: str
    family: str
    title: str


CATALOGUE = tuple(
    Planned(*row)
    for row in (
        (1, "neurosurgeon", "cut", "Neurosurgeon"),
        (2, "cas", "cut", "CAS: context-aware adaptive surgery (GADS)"),
        (3, "coinf", "cut", "CoINF, later DeepWear"),
        (4, "ionn", "cut", "IONN: incremental offloading of neural networks"),
        (5, "adaf", "cut", "ADAF: adaptive DNN splitting"),
        (6, "self-aware", "cut", "Self-aware collaborative edge inference"),
        (7, "isdmm", "online", "ISDMM: interpretable switching deep Markov model"),
        (8, "dads", "cut", "DADS: dynamic adaptive DNN surgery"),
        (9, "cic", "cut", "CIC: collaborative inference based on model compression"),
        (10, "mdpo", "cut", "MDPO: mobility-included DNN partition offloading"),
        (11, "modi", "cut", "MODI: mobile deep inference made efficient by edge computing"),
        (12, "branchynet", "cut", "BranchyNet"),
        (13, "edgent-2018", "cut", "Edgent (2018)"),
        (14, "edgent-2019", "cut", "Edgent (2019)"),
        (15, "eddi", "cut", "EDDI"),
        (16, "edge-latency-prediction", "predict", "Inference latency prediction at the edge"),
        (17, "nn-meter", "predict", "nn-Meter"),
        (18, "pruning", "predict", "Pruning for resource-efficient inference"),
        (19, "paleo", "predict", "PALEO"),
        (20, "latency-regression", "predict", "Latency prediction by regression"),
        (21, "modnn", "tile", "MoDNN"),
        (22, "aofl", "tile", "AOFL"),
        (23, "dina", "tile", "DINA"),
        (24, "deepslicing", "tile", "DeepSlicing"),
        (25, "deepthings", "tile", "DeepThings"),
        (26, "dpfp-halp", "tile", "DPFP and HALP"),
        (27, "ddqn-ra", "online", "DDQN-RA"),
        (28, "accuracy-guaranteed", "joint", "Accuracy-guaranteed collaborative inference"),
        (29, "ddpg-per", "online", "DDPG-PER"),
        (30, "partition-placement", "joint", "Partition placement and resource allocation"),
        (31, "sdqn", "online", "Multi-UAV cooperative target search (SDQN)"),
        (32, "cat-rat", "online", "CAT and RAT"),
        (33, "srlo", "online", "SRLO"),
        (34, "clio", "cut", "CLIO"),
        (35, "dlpdts", "schedule", "DLPDTS"),
        (36, "jps", "schedule", "JPS: joint partition and scheduling"),
        (37, "digital-twin", "online", "Digital-twin MEC"),
        (38, "vehicle-edge", "joint", "Dynamic resource allocation for vehicle-edge inference"),
        (39, "ddpra-hcra", "online", "DDPRA and HCRA"),
        (40, "dpto", "online", "DPTO"),
        (41, "rl-inference", "online", "Energy-efficient collaborative inference by RL"),
        (42, "marl-inference", "online", "Collaborative inference by multi-agent RL"),
        (43, "spso-ga", "schedule", "SPSO-GA"),
        (44, "web-ar", "cut", "Edge-assisted collaboration for mobile Web AR"),
        (45, "ddpqn", "schedule", "DDPQN"),
        (46, "cloud-edge-end", "online", "Collaborative inference for cloud, edge and end"),
    )
)


def state_of(planned: Planned) -> State:
    """Return whether a system reproduces already."""
    from experiments.systems.system import systems

    return "reproduces" if any(one.name == planned.name for one in systems()) else "planned"
