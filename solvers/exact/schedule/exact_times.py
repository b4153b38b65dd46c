"""Exact times for a placement and an order."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from formulations.schedule.case import ScheduleCase
from formulations.schedule.plan import SchedulePlan

__all__ = ["retime"]


def retime(case: ScheduleCase, plan: SchedulePlan) -> SchedulePlan:
    options = case.problem.options
    at = {int(node): position for position, node in enumerate(case.nodes)}
    place = np.array([at[int(node)] for node in plan.node])
    n, k = case.n_operations, case.n_tasks
    ops = np.arange(n)
    took = case.seconds[place, ops]
    tr = [(int(v), at[int(b)]) for v, b in zip(plan.transfer_operation, plan.transfer_node, strict=True)]
    lag = [case.transfer_seconds(v, int(place[v]), b) for v, b in tr]
    m = len(tr)
    names = n + m
    end = names + np.arange(k)
    late = end[-1] + 1 + np.arange(k)
    mk = int(late[-1]) + 1
    on = mk + 1 + np.arange(case.n_nodes)
    off = on[-1] + 1 + np.arange(case.n_nodes)
    total = int(off[-1]) + 1
    rows: list[tuple[dict[int, float], float]] = []

    def before(i: int, j: int, gap: float) -> None:  # t_i + gap <= t_j
        rows.append(({i: 1.0, j: -1.0}, -gap))

    index = {(v, b): n + i for i, (v, b) in enumerate(tr)}
    for w in range(n):
        for v in case.predecessors_of(w).tolist():
            if place[v] == place[w]:
                before(v, w, took[v])
            else:
                i = index[v, int(place[w])]
                before(i, w, lag[i - n])
    for (v, _), i in index.items():
        before(v, i, took[v])
    key = [(float(plan.start_s[v]), v, 0) for v in range(n)]
    tkey = [(float(plan.transfer_start_s[i]), tr[i][0], 1) for i in range(m)]
    for a in range(case.n_nodes):
        here = sorted((v for v in range(n) if place[v] == a and took[v] > 0), key=lambda v: key[v])
        cores: list[tuple[float, int]] = []
        for v in here:
            if len(cores) < case.cores[a]:
                cores.append((float(plan.start_s[v] + took[v]), v))
                continue
            j = min(range(len(cores)), key=lambda c: cores[c])
            before(cores[j][1], v, took[cores[j][1]])
            cores[j] = (float(max(plan.start_s[v], cores[j][0]) + took[v]), v)
    last: dict[int, int] = {}
    for i in sorted(range(m), key=lambda i: tkey[i]):
        if lag[i] <= 0:
            continue
        for c in case.channels_of(int(place[tr[i][0]]), tr[i][1]).tolist():
            if c in last:
                before(n + last[c], n + i, lag[last[c]])
            last[c] = i
    for v in range(n):
        if not case.is_input[v]:
            before(v, int(end[case.task[v]]), took[v])
    for i, (v, _) in enumerate(tr):
        if case.is_last[v]:
            before(n + i, int(end[case.task[v]]), lag[i])
    cost = np.zeros(total)
    low, high = np.zeros(total), np.full(total, np.inf)
    for task in range(k):
        before(int(end[task]), mk, 0.0)
        cost[end[task]] += options.response_weight / k + options.weighted_response_weight * case.weight[task]
        due = case.release[task] + case.deadline[task]
        if np.isfinite(due):
            rows.append(({int(end[task]): 1.0, int(late[task]): -1.0}, due))
            cost[late[task]] += options.tardiness_weight * case.weight[task]
            if options.deadlines == "hard":
                high[end[task]] = due + 1e-10 * max(1.0, case.deadline[task])
    cost[mk] += options.makespan_weight
    if options.makespan_limit_s is not None:
        high[mk] = options.makespan_limit_s
    low[:n][case.is_input] = case.release[case.task[case.is_input]]
    high[:n][case.is_input] = low[:n][case.is_input]
    watts = np.zeros(total)
    active = set()
    for v in range(n):
        if not case.is_input[v]:
            a = int(place[v])
            active.add(a)
            rows.append(({int(on[a]): 1.0, v: -1.0}, 0.0))
            before(v, int(off[a]), took[v])
    for i, (v, b) in enumerate(tr):
        for a in (int(place[v]), b):
            active.add(a)
            rows.append(({int(on[a]): 1.0, n + i: -1.0}, 0.0))
            before(n + i, int(off[a]), lag[i])
    for a in active:
        watts[off[a]] += case.idle_watts[a]
        watts[on[a]] -= case.idle_watts[a]
    cost += options.energy_weight * watts
    cost[:n] += 1e-9 * max(1e-9, cost.max())  # early where nothing else decides
    A = sparse.lil_array((len(rows), total))
    rhs = np.empty(len(rows))
    for r, (row, b) in enumerate(rows):
        for c, value in row.items():
            A[r, c] = value
        rhs[r] = b
    for missed in (True, False):
        top = high.copy()
        if missed and options.missed_weight:
            for task in range(k):
                v0, v1 = case.problem.offsets[task : task + 2]
                last_end = max(plan.start_s[v0:v1] + took[v0:v1])
                due = case.release[task] + case.deadline[task]
                if last_end <= due + 1e-6 and np.isfinite(due):
                    top[end[task]] = min(top[end[task]], due)
        found = linprog(cost, A_ub=A.tocsr(), b_ub=rhs, bounds=np.column_stack([low, top]), method="highs")
        if found.status == 0:
            t = found.x
            return SchedulePlan(
                node=plan.node,
                start_s=np.where(case.is_input, plan.start_s, t[:n]),
                transfer_operation=plan.transfer_operation,
                transfer_node=plan.transfer_node,
                transfer_start_s=t[n:names],
            )
    return plan
