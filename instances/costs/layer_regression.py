"""Cost model by regression: the time of a layer from its hyper-parameters, one formula per layer type.

Kang et al., Neurosurgeon, ASPLOS 2017, doi 10.1145/3037697.3037698, predict so; the variables of each type are those
that Li, Zhou, Chen, "Edge Intelligence: On-Demand Deep Learning Model Co-Inference with Device-Edge Synergy", MECOMM
2018, arXiv 1806.07840, print in their Table I. That Neurosurgeon regresses the rate of work instead of the time,
linearly or in logarithms, is from memory, unverified; that coefficients are not negative, and
that a type without samples takes the formula of all element-wise layers, is our reconstruction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Literal, get_args

import numpy as np

from instances.columns import FloatArray
from instances.costs.layer_profile import alexnet_profile
from instances.costs.measured import read_measurements
from instances.costs.model import cost_model, table_of_seconds
from instances.costs.table import CostTable
from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.networks.graph import NetworkGraph
from instances.system import NodeKind

__all__ = ["LayerPredictor", "LayerRegression", "fit_layers"]

Target = Literal["rate", "seconds"]
Form = Literal["linear", "logarithmic"]
_WEIGHTED = frozenset({"conv", "linear", "matmul", "attention"})
_ELEMENTWISE = "element-wise"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPredictor:
    """Formulas fitted to measured layers of one machine.

    Parameters
    ----------
    coefficients : mapping of str to tuple of float
        By layer type: the constant, then one for each variable.
    r_squared : mapping of str to float
        Share of the variance of the seconds that the formula explains on its samples; NaN where they are equal.
    target : {"rate", "seconds"}
        What the formulas of types that count operations give; the others give seconds.
    form : {"linear", "logarithmic"}
        Of the variables.
    """

    coefficients: Mapping[str, tuple[float, ...]]
    r_squared: Mapping[str, float]
    target: Target
    form: Form

    def seconds(self, network: NetworkGraph) -> FloatArray:
        """Return the predicted seconds of every layer, shape (n_layers,); 0 for the input.

        Raises
        ------
        InputError
            If a layer's type had no samples, and there were none of element-wise layers.
        """
        found = np.zeros(len(network))
        for layer, (kind, variables) in enumerate(zip(_kinds(network), _variables(network), strict=True)):
            if layer == 0:
                continue
            known = kind if kind in self.coefficients else _ELEMENTWISE
            if known not in self.coefficients or (kind in _WEIGHTED and known == _ELEMENTWISE):
                raise InputError(f"network {network.name}", "no layer of this type was measured", kind)
            value = float(np.dot(self.coefficients[known], _row(variables, self.form)))
            if self.target == "rate" and network.operations[layer] > 0:
                # a rate of nothing: no sample told how fast
                found[layer] = network.operations[layer] / value if value > 0 else 0.0
            else:
                found[layer] = value
        return found


def fit_layers(
    samples: Sequence[tuple[NetworkGraph, FloatArray]], *, target: Target = "rate", form: Form = "linear"
) -> LayerPredictor:
    """Fit a formula for every layer type by least squares without negative coefficients.

    Parameters
    ----------
    samples : sequence of (NetworkGraph, array of shape (n_layers,))
        Networks, and the seconds of their layers on one machine.
    target, form : str
        As in `LayerRegression`.

    Examples
    --------
    >>> network, client, _ = alexnet_profile()
    >>> predicted = fit_layers([(network, client)]).seconds(network)
    >>> bool(abs(predicted.sum() / client.sum() - 1) < 0.1)
    True
    """
    from scipy.optimize import nnls

    rows: dict[str, list[tuple[FloatArray, float, float]]] = {}
    for network, seconds in samples:
        for layer, (kind, variables) in enumerate(zip(_kinds(network), _variables(network), strict=True)):
            if layer == 0:
                continue
            one = (_row(variables, form), float(seconds[layer]), float(network.operations[layer]))
            rows.setdefault(kind, []).append(one)
            if kind not in _WEIGHTED and kind != "pool":
                rows.setdefault(_ELEMENTWISE, []).append(one)
    coefficients, r_squared = {}, {}
    for kind, given in sorted(rows.items()):
        x = np.array([row for row, _, _ in given])
        time, work = np.array([row[1] for row in given]), np.array([row[2] for row in given])
        as_rate = target == "rate" and bool((work > 0).all()) and bool((time > 0).all())
        y = work / time if as_rate else time
        scale = np.maximum(x.max(axis=0), 1e-300)
        top = float(y.max()) or 1.0
        found = nnls(x / scale, y / top)[0] * top / scale
        coefficients[kind] = tuple(float(one) for one in found)
        fitted = x @ found
        predicted = np.divide(work, fitted, out=np.zeros_like(work), where=fitted > 0) if as_rate else fitted
        spread = float(((time - time.mean()) ** 2).sum())
        r_squared[kind] = 1.0 - float(((time - predicted) ** 2).sum()) / spread if spread > 0 else float("nan")
    return LayerPredictor(coefficients=coefficients, r_squared=r_squared, target=target, form=form)


@cost_model("layer-regression")
@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRegression:
    """Seconds predicted per layer type from hyper-parameters, as Neurosurgeon does; joules = busy watts x seconds.

    Variables are, of convolutions, the input's channels and (kernel / stride)^2 times the filters; of pooling and
    linear layers, the elements that go in and come out; of the others, the elements that go in.

    Parameters
    ----------
    table : str
        CSV file of measured layers, as of `measured`, of networks that the catalogue knows; a formula is fitted to
        each kind of node. None (an empty text): the public profile of AlexNet on an Odroid XU4, scaled to the
        effective rate of the kind (our reconstruction).
    target : {"rate", "seconds"}
        Whether a formula gives operations per second, where there are operations, or seconds.
    form : {"linear", "logarithmic"}
        Whether variables enter as they are or as log(1 + x).
    """

    table: str = ""
    target: Target = "rate"
    form: Form = "linear"

    def __post_init__(self) -> None:
        for name, kind in (("target", Target), ("form", Form)):
            if getattr(self, name) not in get_args(kind):
                raise InputError(
                    "cost model layer-regression",
                    f"{name} must be one of {', '.join(get_args(kind))}",
                    getattr(self, name),
                )

    @property
    def name(self) -> str:
        """Name under which it is registered."""
        return "layer-regression"

    def fill(self, network: NetworkGraph, kinds: Sequence[NodeKind]) -> CostTable:
        """Return the filled table of `network`, one row a kind; a head takes the time of its operations.

        Raises
        ------
        InputError
            If the table is malformed or has no layers of a kind or of a type.
        """
        rows = np.array([self._seconds(network, kind) for kind in kinds])
        work = float(network.operations.sum())
        heads = np.array([ex.operations for ex in network.exits])
        per_operation = rows.sum(axis=1) / work if work else np.zeros(len(kinds))
        return table_of_seconds(rows, per_operation[:, None] * heads[None, :], kinds)

    def _seconds(self, network: NetworkGraph, kind: NodeKind) -> FloatArray:
        if self.table:
            return self._predictor(kind.name).seconds(network)
        reference, client, _ = alexnet_profile()
        rate = reference.total_operations / float(client.sum())
        found: FloatArray = _reference(self.target, self.form).seconds(network) * (rate / kind.operations_per_s)
        return found

    def _predictor(self, kind: str) -> LayerPredictor:
        samples = []
        for (name, where), measured in read_measurements(self.table).items():
            if where == kind and set(measured) - {""}:
                network = load_network(name)
                missing = [layer.name for layer in network.layers[1:] if layer.name not in measured]
                if missing:
                    raise InputError(
                        f"network {name} on {kind}", "every layer must be measured; missing is", missing[0]
                    )
                samples.append((network, np.array([0.0, *(measured[layer.name] for layer in network.layers[1:])])))
        if not samples:
            raise InputError(f"cost model layer-regression, table {self.table}", "has no layers that ran on", kind)
        return fit_layers(samples, target=self.target, form=self.form)


@cache
def _reference(target: Target, form: Form) -> LayerPredictor:
    network, client, _ = alexnet_profile()
    return fit_layers([(network, client)], target=target, form=form)


def _kinds(network: NetworkGraph) -> list[str]:
    return ["linear" if layer.kind in ("matmul", "attention") else layer.kind for layer in network.layers]


def _variables(network: NetworkGraph) -> list[tuple[float, ...]]:
    """Return the variables of every layer's formula."""
    reads: list[list[int]] = [[] for _ in network.layers]
    for a, b in network.edges:
        reads[b].append(a)
    elements = [prod(one.output_shape) if one.output_shape else one.output_bytes / 4.0 for one in network.layers]
    found: list[tuple[float, ...]] = []
    for layer, kind, before in zip(network.layers, _kinds(network), reads, strict=True):
        into = float(sum(elements[i] for i in before))
        out = float(elements[len(found)])
        if kind == "conv":
            channels = sum(network.layers[i].output_shape[0] for i in before if network.layers[i].output_shape)
            kernel, stride = layer.kernel or (1, 1), layer.stride or (1, 1)
            filters = layer.output_shape[0] if layer.output_shape else 1
            found.append((float(channels), kernel[0] * kernel[1] / (stride[0] * stride[1]) * filters))
        elif kind in ("pool", "linear"):
            found.append((into, out))
        else:
            found.append((into,))
    return found


def _row(variables: tuple[float, ...], form: Form) -> FloatArray:
    values = np.array(variables)
    return np.concatenate([[1.0], np.log1p(values) if form == "logarithmic" else values])
