"""A small neural network that predicts layer times, as ADAF does, beside linear regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from instances.columns import FloatArray

__all__ = ["Perceptron", "linear_prediction", "mape"]


def mape(predicted: FloatArray, true: FloatArray) -> float:
    """Return the mean absolute percentage error, as a fraction."""
    return float(np.mean(np.abs(predicted - true) / np.abs(true)))


def linear_prediction(x: FloatArray, y: FloatArray, new: FloatArray) -> FloatArray:
    """Return what least squares on features and a constant predict for `new`."""
    weights = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    found: FloatArray = np.column_stack([new, np.ones(len(new))]) @ weights
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perceptron:
    """One hidden layer of tanh units, trained on standardised logarithms."""

    hidden: FloatArray
    out: FloatArray
    centre: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, x: FloatArray, y: FloatArray, units: int, rng: np.random.Generator) -> Perceptron:
        """Return the network of least squares on log y, weights decayed by 1e-3."""
        inputs, target = np.log(x), np.log(y)
        centre, scale = inputs.mean(axis=0), inputs.std(axis=0)
        z = np.column_stack([(inputs - centre) / scale, np.ones(len(x))])
        shape = (z.shape[1], units)
        size = shape[0] * shape[1]

        def loss(w: FloatArray) -> tuple[float, FloatArray]:
            hidden, out = w[:size].reshape(shape), w[size:]
            active = np.tanh(z @ hidden)
            error = active @ out[:-1] + out[-1] - target
            back = (error[:, None] * out[:-1]) * (1 - active**2)
            slope = np.concatenate([(z.T @ back).ravel(), active.T @ error, [error.sum()]]) / len(y)
            decay = 1e-3 * w
            decay[-1] = 0.0
            return float(0.5 * (error @ error) / len(y) + 0.5 * w @ decay), slope + decay

        found = minimize(loss, rng.standard_normal(size + units + 1) * 0.5, jac=True, method="L-BFGS-B")
        return cls(hidden=found.x[:size].reshape(shape), out=found.x[size:], centre=centre, scale=scale)

    def predict(self, x: FloatArray) -> FloatArray:
        """Return the predicted values."""
        z = np.column_stack([(np.log(x) - self.centre) / self.scale, np.ones(len(x))])
        found: FloatArray = np.exp(np.tanh(z @ self.hidden) @ self.out[:-1] + self.out[-1])
        return found
