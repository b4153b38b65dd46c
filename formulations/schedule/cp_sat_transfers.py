"""Tensors in the constraint model of the family `schedule`: which way they go, when they leave, and serial channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from formulations.schedule.cp_sat_variables import IntVar, ScheduleCpSatModel

__all__ = ["add_channels", "add_flows", "add_precedence", "add_transfers", "way_to"]


def add_flows(model: ScheduleCpSatModel) -> None:
    """(S2) Where every edge leads from and to."""
    case, problem = model.case, model.problem
    for w in range(case.n_operations):
        for v in case.predecessors_of(w).tolist():
            made, read = model.places(v), model.places(w)
            for a in made:
                for b in read:
                    if not np.isfinite(case.latency[a, b]):
                        if len(made) == 1 or len(read) == 1:
                            problem.add_bool_or([~model.x[a, v], ~model.x[b, w]])
                        continue
                    if len(made) == 1:
                        model.flow[v, w, a, b] = model.x[b, w]
                    elif len(read) == 1:
                        model.flow[v, w, a, b] = model.x[a, v]
                    else:
                        model.flow[v, w, a, b] = problem.new_bool_var(f"y_{v}_{w}_{a}_{b}")
            if len(made) > 1 and len(read) > 1:
                for a in made:
                    out = [model.flow[v, w, a, b] for b in read if (v, w, a, b) in model.flow]
                    problem.add_exactly_one([*out, ~model.x[a, v]])
                for b in read:
                    into = [model.flow[v, w, a, b] for a in made if (v, w, a, b) in model.flow]
                    problem.add_exactly_one([*into, ~model.x[b, w]])


def add_transfers(model: ScheduleCpSatModel) -> None:
    """Let z be what is sent, and t when, where starts of transfers matter."""
    case, problem, options = model.case, model.problem, model.case.problem.options
    matter = not options.regular or options.links == "serial"
    for v in range(case.n_operations):
        readers = case.successors_of(v).tolist()
        home = int(case.source[case.task[v]]) if options.return_result and case.is_last[v] else None
        many = len(readers) + (home is not None) > 1
        for a in model.places(v):
            goals = {b for w in readers for b in model.places(w)} | ({home} if home is not None else set())
            for b in sorted(goals - {a}):
                flows = [model.flow[v, w, a, b] for w in readers if (v, w, a, b) in model.flow]
                if home == b:
                    flows.append(model.x[a, v])
                if not np.isfinite(case.latency[a, b]):
                    if home == b:
                        problem.add_bool_or([~model.x[a, v]])
                elif len(flows) == 1:
                    model.sent[v, a, b] = flows[0]
                elif flows:
                    model.sent[v, a, b] = problem.new_bool_var(f"z_{v}_{a}_{b}")
                    for one in flows:
                        problem.add_implication(one, model.sent[v, a, b])
        if not matter:
            continue
        common: IntVar | None = None
        for b in _goals(model, v):
            if many or common is None:
                common = problem.new_int_var(0, model.horizon, f"t_{v}_{b}")
                problem.add(common >= model.finish(v))
            model.sending[v, b] = common


def _goals(model: ScheduleCpSatModel, v: int) -> list[int]:
    n = model.case.n_nodes
    return [b for b in range(n) if any((v, a, b) in model.sent for a in model.places(v))]


def add_precedence(model: ScheduleCpSatModel) -> None:
    """(S3), (S4)."""
    case, problem = model.case, model.problem
    for w in range(case.n_operations):
        for v in case.predecessors_of(w).tolist():
            flows, lags = _lags(model, v, w)
            way = cp_model.LinearExpr.weighted_sum(flows, lags)
            if not case.is_input[w]:
                problem.add(model.start[w] >= model.finish(v) + way)
            if not model.sending:
                continue
            # one reader: one start for all goals, and the flow says which way it goes
            if len(case.successors_of(v)) == 1 and not (case.is_last[v] and case.problem.options.return_result):
                common = next((model.sending[v, b] for b in range(case.n_nodes) if (v, b) in model.sending), None)
                if common is not None:
                    problem.add(model.start[w] >= common + way)
                continue
            for b in model.places(w):
                if (v, b) in model.sending:
                    arrival = model.sending[v, b] + way_to(model, v, b)
                    problem.add(model.start[w] >= arrival).only_enforce_if(model.x[b, w])


def _lags(model: ScheduleCpSatModel, v: int, w: int) -> tuple[list[IntVar], list[int]]:
    """Return the flows of edge v -> w that take time, and how long."""
    flows, lags = [], []
    for a in model.places(v):
        for b in model.places(w):
            if a != b and (v, w, a, b) in model.flow:
                flows.append(model.flow[v, w, a, b])
                lags.append(model.lag(v, a, b))
    return flows, lags


def way_to(model: ScheduleCpSatModel, v: int, b: int) -> Any:
    """Return the units that the tensor of v takes to position b, 0 where it is made there or not sent."""
    made = [a for a in model.places(v) if (v, a, b) in model.sent]
    return cp_model.LinearExpr.weighted_sum([model.sent[v, a, b] for a in made], [model.lag(v, a, b) for a in made])


def add_channels(model: ScheduleCpSatModel) -> None:
    """(S6) No serial channel carries two transfers at a time."""
    case, problem = model.case, model.problem
    held: dict[int, list[IntVar]] = {}
    for (v, a, b), sent in model.sent.items():
        channels = case.channels_of(a, b).tolist()
        took = model.lag(v, a, b)
        if not channels or not took:
            continue
        interval = problem.new_optional_fixed_size_interval_var(model.sending[v, b], took, sent, f"j_{v}_{a}_{b}")
        for channel in channels:
            held.setdefault(channel, []).append(interval)
    for intervals in held.values():
        if len(intervals) > 1:
            problem.add_no_overlap(intervals)
