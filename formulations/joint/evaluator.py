"""Batched pricing of plans given as rows of the option table, for populations."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from formulations.joint.options import OptionTable
from formulations.joint.plan_rules import MEMORY_TOLERANCE
from instances.columns import Array, FloatArray

__all__ = ["JointEvaluator"]


@dataclass(frozen=True, slots=True, eq=False)
class JointEvaluator:
    """Prices populations by the closed form of (J), in compiled loops over plans.

    Under ``optimal`` a resource costs ``(sum_k s_kr)^2``, under ``equal`` ``n_r sum_k b_kr``. The
    referee, which never uses these forms, agrees to 1e-9 (tested).

    Parameters
    ----------
    table : OptionTable
        Options of all tasks.
    """

    table: OptionTable

    def values(self, choices: Array) -> tuple[FloatArray, FloatArray]:
        """Price plans.

        Parameters
        ----------
        choices : int array, shape (n_plans, n_tasks)
            Rows of the option table.

        Returns
        -------
        value : array, shape (n_plans,)
            Objective of each plan.
        excess_bytes : array, shape (n_plans,)
            Bytes of weights beyond the memory limits, summed over the nodes; 0 where all fit.
        """
        table = self.table
        system = table.problem.instance.system
        choices = np.ascontiguousarray(choices, dtype=np.int64)
        optimal = table.problem.options.sharing == "optimal"
        value, excess = np.empty(len(choices)), np.empty(len(choices))
        _price(
            choices,
            table.cost,
            table.use_offsets,
            table.use_resource,
            table.use_root if optimal else table.use_cost,
            table.memory_offsets,
            table.memory_node,
            table.memory_bytes,
            system.node_memory_bytes,
            table.n_resources,
            optimal,
            value,
            excess,
        )
        return value, excess


@njit(cache=True, parallel=True)
def _price(
    choices, cost, offsets, resource, use, memory_offsets, memory_node, memory_bytes, limit, n, optimal, value, excess
):
    for p in prange(len(choices)):
        load = np.zeros(n)
        users = np.zeros(n)
        held = np.zeros(len(limit) if len(memory_node) else 0)
        total = 0.0
        for k in range(choices.shape[1]):
            option = choices[p, k]
            total += cost[option]
            for u in range(offsets[option], offsets[option + 1]):
                load[resource[u]] += use[u]
                users[resource[u]] += 1.0
            for u in range(memory_offsets[option], memory_offsets[option + 1]):
                held[memory_node[u]] += memory_bytes[u]
        for r in range(n):
            total += load[r] * load[r] if optimal else users[r] * load[r]
        over = 0.0
        for node in range(len(held)):
            if held[node] > limit[node] * (1.0 + MEMORY_TOLERANCE):
                over += held[node] - limit[node]
        value[p] = total
        excess[p] = over
