"""Bayesian online change-point detection.

Adams and MacKay, "Bayesian Online Changepoint Detection", arXiv 0710.3742, 2007, with a Gaussian of unknown mean and
variance. With r the number of samples since the last change and h = 1 / lambda,

    P(r + 1) = P(r) pred(x | r) (1 - h)        P(0) = sum over r of P(r) pred(x | r) h

normalised; ``pred`` is the Student-t predictive of the Normal-Gamma statistics that each r keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from instances.columns import FloatArray, IntArray
from instances.errors import InputError

__all__ = ["ChangePointPrior", "ChangePoints"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePointPrior:
    """What is believed before any sample.

    Parameters
    ----------
    run : float
        Expected samples between changes, lambda.
    mean, mean_samples : float
        Of the Gaussian's mean, and how many samples that is worth (kappa).
    shape, rate : float
        Of the precision's gamma distribution (alpha, beta).
    prune : float
        Probability below which a run length is dropped.
    """

    run: float = 100.0
    mean: float = 0.0
    mean_samples: float = 0.05
    shape: float = 1.0
    rate: float = 0.05
    prune: float = 1e-4

    def __post_init__(self) -> None:
        if not self.run > 1:
            raise InputError("change-point prior", "run must be > 1", self.run)
        for name in ("mean_samples", "shape", "rate"):
            if not getattr(self, name) > 0:
                raise InputError("change-point prior", f"{name} must be > 0", getattr(self, name))
        if not 0 <= self.prune < 1:
            raise InputError("change-point prior", "prune must be in [0, 1)", self.prune)


class ChangePoints:
    """The detector: feed it samples, it says how many belong together.

    Parameters
    ----------
    prior : ChangePointPrior, optional
        What is believed before any sample.
    """

    def __init__(self, prior: ChangePointPrior | None = None) -> None:
        self.prior = prior or ChangePointPrior()
        self._lengths: IntArray = np.zeros(1, dtype=np.int64)
        self._log: FloatArray = np.zeros(1)
        self._mean: FloatArray = np.full(1, self.prior.mean)
        self._count: FloatArray = np.full(1, self.prior.mean_samples)
        self._shape: FloatArray = np.full(1, self.prior.shape)
        self._rate: FloatArray = np.full(1, self.prior.rate)

    @property
    def lengths(self) -> IntArray:
        """The run lengths that are kept."""
        return self._lengths

    @property
    def probabilities(self) -> FloatArray:
        """Of each run length that is kept."""
        found: FloatArray = np.exp(self._log)
        return found

    def update(self, sample: float) -> int:
        """Take a sample; return the most likely number of samples since the last change."""
        prior, hazard = self.prior, 1.0 / self.prior.run
        joint = self._log + self._predictive(sample)
        log = np.concatenate([[logsumexp(joint) + np.log(hazard)], joint + np.log1p(-hazard)])
        log -= logsumexp(log)
        grown = self._count + 1
        mean = (self._count * self._mean + sample) / grown
        rate = self._rate + self._count * (sample - self._mean) ** 2 / (2 * grown)
        keep = log > np.log(prior.prune) if prior.prune > 0 else np.ones(len(log), dtype=bool)
        keep[int(np.argmax(log))] = True
        self._lengths = np.concatenate([[0], self._lengths + 1])[keep]
        self._mean = np.concatenate([[prior.mean], mean])[keep]
        self._count = np.concatenate([[prior.mean_samples], grown])[keep]
        self._shape = np.concatenate([[prior.shape], self._shape + 0.5])[keep]
        self._rate = np.concatenate([[prior.rate], rate])[keep]
        self._log = log[keep] - logsumexp(log[keep])
        return int(self._lengths[int(np.argmax(self._log))])

    def _predictive(self, sample: float) -> FloatArray:
        """Return the log density of the sample for each run length: Student-t with 2 shape degrees of freedom."""
        freedom = 2 * self._shape
        spread = self._rate * (self._count + 1) / (self._shape * self._count)
        found: FloatArray = (
            gammaln((freedom + 1) / 2)
            - gammaln(freedom / 2)
            - 0.5 * np.log(np.pi * freedom * spread)
            - (freedom + 1) / 2 * np.log1p((sample - self._mean) ** 2 / (freedom * spread))
        )
        return found
