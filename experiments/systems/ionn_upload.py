"""A network on its way to the server, partition by partition, and the queries meanwhile."""

from __future__ import annotations

import numpy as np

from experiments.systems.bench import Bench
from experiments.systems.profiles import IONN_WATTS, PairProfile, pair_problem
from formulations.cut.cases import cases_of
from formulations.cut.plan import CutPlan
from formulations.registry import family
from instances.columns import FloatArray
from instances.networks.graph import NetworkGraph

__all__ = ["Simulated", "Upload", "without_softmax"]

GAP_S = 0.5
"""Pre-processing between two queries."""
AFTER_S = 5.0
"""How long queries go on after all weights would be there."""
MIB = 2.0**20


def without_softmax(profile: PairProfile) -> PairProfile:
    """Return the profile without the last layer, which the authors leave out."""
    network = profile.network
    last = len(network) - 1
    assert network.layers[last].kind == "softmax"
    return PairProfile(
        network=NetworkGraph(
            name=network.name,
            layers=network.layers[:last],
            edges=tuple(edge for edge in network.edges if edge[1] < last),
            source=network.source,
        ),
        device=profile.device[:last],
        server=profile.server[:last],
    )


class Simulated:
    """Queries one after the other while partitions arrive: their times, and the query time of every stage."""

    def __init__(self, start_s: FloatArray, query_s: FloatArray, stage_s: list[float], end_s: float) -> None:
        self.start_s, self.query_s, self.stage_s = start_s, query_s, stage_s
        self.mean_s = float(query_s.mean())
        self.during = int((start_s + query_s <= end_s).sum())


class Upload:
    """A network on its way to the server over a link of `rate` bytes a second."""

    def __init__(self, bench: Bench, profile: PairProfile, rate: float) -> None:
        self.bench, self.rate = bench, rate
        self.network = profile.network
        self.problem = pair_problem(profile, rate, watts=IONN_WATTS, excursions=True, return_result=True)
        self.local_s = self._query([])

    def partitions(self, k: float, *, final_pass: bool = True) -> list[list[int]]:
        """Return the layers of every partition that IONN forms with K = `k`, in the order of their upload."""
        found: list[list[int]] = self.bench.run("ionn", self.problem, shrink=k, final_pass=final_pass).outcome.info[
            "partitions"
        ]
        return found

    def everything(self) -> list[list[int]]:
        """Return one partition of all layers: the upload all at once."""
        return [list(range(1, len(self.network)))]

    def megabytes(self, layers: list[int]) -> float:
        """Return the MB (2^20 bytes) of the weights of some layers."""
        return float(self.network.parameter_bytes[layers].sum()) / MIB

    def simulate(self, partitions: list[list[int]]) -> Simulated:
        """Query until some seconds after the time that all weights take."""
        arrive = np.cumsum([self.network.parameter_bytes[part].sum() / self.rate for part in partitions])
        stage_s = [self.local_s]
        for count in range(1, len(partitions) + 1):
            stage_s.append(self._query([layer for part in partitions[:count] for layer in part]))
        whole = float(self.network.parameter_bytes.sum()) / self.rate
        now, starts, times = 0.0, [], []
        while now < whole + AFTER_S:
            took = stage_s[int(np.searchsorted(arrive, now, side="right"))]
            starts.append(now)
            times.append(took)
            now += took + GAP_S
        return Simulated(np.array(starts), np.array(times), stage_s, whole)

    def _query(self, uploaded: list[int]) -> float:
        case = next(cases_of(self.problem))
        node = np.full(len(self.network), case.helpers[0])
        node[uploaded] = case.helpers[1]
        plan = CutPlan(version=0, helpers=np.array(case.helpers), node=node)
        score = family("cut").evaluate(self.problem, plan)
        assert score.value is not None
        return float(score.value)
