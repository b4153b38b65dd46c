"""The method `edgent-2019`, and the two configurators of Edgent's journal version.

Li, Zeng, Zhou, Chen: "Edge AI: On-Demand Accelerating Deep Neural Network Inference via Edge Computing", IEEE TWC
2020, arXiv 1910.05316. The abstract states regressions and Edgent's choice where the bandwidth is steady, and where it is
not an online change-point detection that maps the state of the bandwidth to the best configuration.

From memory, unverified: the reward of a configuration (exit i, partition p) at latency T is ``exp(acc_i) + 1 / T``
within the limit and 0 beyond; a map holds for every state the configuration of the highest mean reward; online the
configuration changes when the state does. A state is here the mean and the relative deviation of the bandwidth since the
last change, on a grid, and unknown states go to the nearest of the grid: our reconstruction. The reward adds
accuracy and rate, which have different units: their weights are parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from formulations.cut.cases import with_rate
from formulations.cut.problem import CutProblem
from formulations.versions import versions_of
from instances.columns import FloatArray, IntArray
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, Termination, Trace
from solvers.exact.claim import Claim
from solvers.published.change_point import ChangePointPrior, ChangePoints
from solvers.published.edgent import co_inference_rows, decline_chains, latencies
from solvers.published.exits import latency_limit
from solvers.published.pairs import Pair, pairs_of
from solvers.registry import register

__all__ = ["ConfigurationMap", "Configurations", "Edgent2019", "Edgent2019Params", "Followed", "dynamic", "static"]

_NO_TRANSFER = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Edgent2019Params(MethodParams):
    """Parameters of `edgent-2019`.

    Parameters
    ----------
    accuracy_weight : float
        Weight of exp(accuracy) in the reward.
    throughput_weight : float
        Weight of inferences a second in the reward.
    """

    accuracy_weight: float = 1.0
    throughput_weight: float = 1.0

    def __post_init__(self) -> None:
        for name in ("accuracy_weight", "throughput_weight"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InputError(f"parameter {name}", "must be finite and >= 0", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Configurations:
    """Every exit with every partition point, and what they take as a function of the bandwidth.

    Parameters
    ----------
    fixed_s, bytes_sent : arrays, shape (m,)
        Latency is ``fixed_s + bytes_sent / rate``.
    accuracy : array, shape (m,)
        Of the exits; 0 where unknown.
    choices : tuple of (Pair, levels)
        What each configuration is.
    limit_s : float
        Latency beyond which there is no reward.
    params : Edgent2019Params
        Weights of the reward.
    """

    fixed_s: FloatArray
    bytes_sent: FloatArray
    accuracy: FloatArray
    choices: tuple[tuple[Pair, IntArray], ...]
    limit_s: float
    params: Edgent2019Params

    @classmethod
    def of(cls, problem: CutProblem, params: Edgent2019Params | None = None) -> Configurations:
        """Return the configurations of a chain, whose links all have the bandwidth in question."""
        links = np.arange(problem.instance.system.n_links)
        still, slow = (list(pairs_of(with_rate(problem, links, rate))) for rate in (_NO_TRANSFER, 1.0))
        versions = versions_of(problem.network)
        fixed: list[float] = []
        sent: list[float] = []
        accuracy: list[float] = []
        choices: list[tuple[Pair, IntArray]] = []
        for pair, other in zip(still, slow, strict=True):
            rows = co_inference_rows(pair.case, "edge")
            a, b = latencies(pair.case, rows), latencies(other.case, rows)
            known = versions[pair.whole.version].accuracy
            for i in np.flatnonzero(np.isfinite(a)).tolist():
                fixed.append(float(a[i]))
                sent.append(float(b[i] - a[i]))
                accuracy.append(known if np.isfinite(known) else 0.0)
                choices.append((pair, rows[i]))
        return cls(
            fixed_s=np.array(fixed),
            bytes_sent=np.array(sent),
            accuracy=np.array(accuracy),
            choices=tuple(choices),
            limit_s=latency_limit(problem),
            params=params or Edgent2019Params(),
        )

    def latency_s(self, bytes_per_s: FloatArray) -> FloatArray:
        """Return the latency of each configuration at each bandwidth, shape (m, n)."""
        found: FloatArray = self.fixed_s[:, None] + self.bytes_sent[:, None] / np.atleast_1d(bytes_per_s)
        return found

    def reward(self, bytes_per_s: FloatArray) -> FloatArray:
        """Return the reward of each configuration at each bandwidth, shape (m, n)."""
        seconds = self.latency_s(bytes_per_s)
        gain = self.params.accuracy_weight * np.exp(self.accuracy)[:, None]
        rate = self.params.throughput_weight / np.maximum(seconds, 1e-12)
        found: FloatArray = np.where(seconds <= self.limit_s, gain + rate, 0.0)
        return found

    def best(self, bytes_per_s: float) -> int:
        """Return the configuration of the highest reward at a bandwidth: the static configurator."""
        return int(np.argmax(self.reward(np.array([bytes_per_s]))[:, 0]))


@register(
    "edgent-2019",
    kind="rule",
    deterministic=True,
    citation="Li, Zeng, Zhou, Chen, Edge AI, IEEE TWC 2020, arXiv 1910.05316; the reward is from memory, unverified",
)
class Edgent2019:
    """Edgent's journal version at one bandwidth: exit and partition point of the highest reward within the limit.

    The reward is from memory, unverified.
    """

    Params: ClassVar[type[MethodParams]] = Edgent2019Params
    families: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(self, params: Edgent2019Params | None = None) -> None:
        self.params = params or Edgent2019Params()

    def decline(self, problem: Any, budget: Budget) -> str | None:
        """Decline networks that are no chain."""
        return decline_chains(problem)

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Price every exit with every partition point."""
        claim, limit = Claim(budget=budget, trace=trace), latency_limit(problem)
        best, versions = 0.0, versions_of(problem.network)
        chosen: tuple[Pair, IntArray] | None = None
        for pair in pairs_of(problem):
            rows = co_inference_rows(pair.case, "edge")
            seconds = latencies(pair.case, rows)
            known = versions[pair.whole.version].accuracy
            gain = self.params.accuracy_weight * np.exp(known if np.isfinite(known) else 0.0)
            own = np.where(seconds <= limit, gain + self.params.throughput_weight / np.maximum(seconds, 1e-12), 0.0)
            i = int(np.argmax(own))
            if own[i] > best:
                best, chosen = float(own[i]), (pair, rows[i])
        if chosen is not None:
            claim.offer(chosen[0].plan(chosen[1]))
        claim.info["reward"] = best
        reason = "" if claim.plan is not None else "no configuration keeps the limits"
        return claim.outcome(Termination.COMPLETED, reason)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConfigurationMap:
    """The best configuration of every state of the bandwidth, made offline.

    Parameters
    ----------
    means : array, shape (n_means,)
        Mean bytes per second of the states, in geometric progression.
    deviations : array, shape (n_deviations,)
        Their standard deviations over the mean, evenly spaced from 0.
    choice : int array, shape (n_means, n_deviations)
        Configuration of each state.
    """

    means: FloatArray
    deviations: FloatArray
    choice: IntArray

    @classmethod
    def build(
        cls, given: Configurations, means: FloatArray, deviations: FloatArray, samples: int, rng: np.random.Generator
    ) -> ConfigurationMap:
        """Return the map: in each state the configuration of the highest mean reward over a synthetic trace."""
        noise = rng.standard_normal(samples)
        choice = np.zeros((len(means), len(deviations)), dtype=np.int64)
        for i, mean in enumerate(means):
            for j, deviation in enumerate(deviations):
                trace = mean * np.maximum(1 + deviation * noise, 0.02)
                choice[i, j] = int(np.argmax(given.reward(trace).mean(axis=1)))
        return cls(means=means, deviations=deviations, choice=choice)

    def state(self, mean: float, deviation: float) -> tuple[int, int]:
        """Return the nearest state by two divisions, whatever the number of states."""
        ratio = float(np.log(self.means[1] / self.means[0]))
        i = round(float(np.log(mean / self.means[0])) / ratio)
        j = round(deviation / float(self.deviations[1]))
        return min(max(i, 0), len(self.means) - 1), min(max(j, 0), len(self.deviations) - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """A configurator on a trace.

    Parameters
    ----------
    choice : int array, shape (n,)
        The configuration in force at each sample, decided from the samples before it.
    changes : tuple of int
        The samples after which a change of the bandwidth was declared.
    """

    choice: IntArray
    changes: tuple[int, ...] = ()

    @property
    def reconfigurations(self) -> int:
        """How often the configuration changed."""
        return int((np.diff(self.choice) != 0).sum())

    def rewards(self, given: Configurations, trace: FloatArray) -> FloatArray:
        """Return the reward at each sample but the first, shape (n - 1,)."""
        found: FloatArray = given.reward(trace)[self.choice, np.arange(len(trace))][1:]
        return found


def static(given: Configurations, trace: FloatArray) -> Followed:
    """Follow the last sample: the best configuration for it at the next."""
    best = np.argmax(given.reward(trace), axis=0)
    return Followed(choice=np.concatenate([best[:1], best[:-1]]))


def dynamic(table: ConfigurationMap, trace: FloatArray, prior: ChangePointPrior | None = None) -> Followed:
    """Follow the state: mean and deviation since the last change, mapped to its configuration.

    Parameters
    ----------
    table : ConfigurationMap
        Made offline.
    trace : array, shape (n,)
        Bytes per second, > 0.
    prior : ChangePointPrior, optional
        Of the detector, which sees the logarithm of the bandwidth over 1 Mbit/s.
    """
    detector = ChangePoints(prior)
    logs = np.log(trace / 125_000.0)
    choice = np.zeros(len(trace), dtype=np.int64)
    changes, before = [], 0
    start = 0
    for t, sample in enumerate(logs.tolist()):
        run = detector.update(sample)
        if run < before:
            start = t - max(run, 1) + 1
            changes.append(t)
        before = run
        own = trace[start : t + 1]
        mean = float(own.mean())
        state = table.state(mean, float(own.std()) / mean)
        if t + 1 < len(trace):
            choice[t + 1] = table.choice[state]
        if t == 0:
            choice[0] = table.choice[state]
    return Followed(choice=choice, changes=tuple(changes))
