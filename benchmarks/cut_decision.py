"""How long a cut takes to decide: ours against the max-flow of networkx, SciPy, igraph and OR-Tools.

    python -m benchmarks.cut_decision [repetitions]

Every side builds its graph and solves it, at 200 bandwidths in turn for ours and at fewer where a library is slow.
The libraries get the graph of one task on two levels with reverse arcs, pinned input and one auxiliary node for
each tensor of several readers; all decide the same latency, which is checked. `ours` has reduced the network
before, as a device does once when it loads it; `ours, whole` has not. The last lines are for all bandwidths at
once, reduction and all. Seconds are the processor's (user and system), medians over the repetitions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from formulations.cut.case import CutCase
from formulations.cut.cases import cases_of
from formulations.cut.problem import CutProblem
from instances.networks.catalogue import load_network
from instances.one_inference import Machine, Wire, one_inference
from solvers.exact.cut.bandwidth import bandwidth_map, rate_cases
from solvers.exact.cut.flow import minimum_cut
from solvers.exact.cut.layered_graph import LayeredGraph

NETWORKS = ("resnet101", "inception_v3", "densenet121")
RATES = np.geomspace(0.5e6, 500e6, 200) / 8
UNITS = 2.0**30
Arcs = tuple[int, list[tuple[int, int, float]]]


def problem_of(name: str) -> CutProblem:
    """Return a cut between 10 GFLOP/s and 1 TFLOP/s."""
    net = load_network(name)
    machines = [
        Machine(name="phone", seconds=net.operations / 10e9),
        Machine(name="server", seconds=net.operations / 1e12),
    ]
    return CutProblem(instance=one_inference(net, machines, [Wire(source="phone", target="server", bytes_per_s=1e6)]))


def arcs_of(case: CutCase, rate: float) -> Arcs:
    """Return the plain graph: source 0, sink 1, layers from 2 on, then auxiliary nodes."""
    n, arcs = case.n_layers, []
    readers: dict[int, list[int]] = {}
    for v, w in case.edges.tolist():
        readers.setdefault(v, []).append(w)
        arcs.append((w + 2, v + 2, np.inf))
    nodes = n + 2
    for v in range(n):
        arcs.append((0, v + 2, float(case.cost[1, v])))
        arcs.append((v + 2, 1, float(case.cost[0, v])))
        seconds = float(case.tensor_bytes[v]) / rate
        own = readers.get(v, [])
        if len(own) == 1:
            arcs.append((v + 2, own[0] + 2, seconds))
        elif own:
            arcs.append((v + 2, nodes, seconds))
            arcs += [(nodes, w + 2, np.inf) for w in own]
            nodes += 1
    return nodes, arcs


def by_networkx(graph: Arcs) -> float:
    import networkx

    flow = networkx.DiGraph()
    for a, b, capacity in graph[1]:
        flow.add_edge(a, b, **({} if capacity == np.inf else {"capacity": capacity}))
    return float(networkx.minimum_cut(flow, 0, 1)[0])


def by_igraph(graph: Arcs) -> float:
    import igraph

    big = sum(c for *_, c in graph[1] if c < np.inf) + 1.0
    flow = igraph.Graph(n=graph[0], edges=[arc[:2] for arc in graph[1]], directed=True)
    return float(flow.mincut(0, 1, capacity=[min(arc[2], big) for arc in graph[1]]).value)


def by_scipy(graph: Arcs) -> float:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    total = sum(c for *_, c in graph[1] if c < np.inf)
    scale = UNITS / total
    tail, head, capacity = (np.array(column) for column in zip(*graph[1], strict=True))
    units = np.minimum(np.floor(np.minimum(capacity, total) * scale), UNITS).astype(np.int32)
    flow = csr_array((units, (tail, head)), shape=(graph[0], graph[0]))
    return float(maximum_flow(flow, 0, 1).flow_value) / scale


def by_ortools(graph: Arcs) -> float:
    tail, head, capacity = (np.array(column) for column in zip(*graph[1], strict=True))
    cut = minimum_cut(graph[0], tail, head, capacity, 0, 1)
    assert cut is not None
    return cut.bound


def cpu(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def per_decision(decide: Callable[[float], float], rates: np.ndarray, repetitions: int) -> float:
    """Return the median CPU seconds of one decision, of the mean over `rates`."""
    decide(float(rates[0]))
    return median(cpu(lambda: [decide(float(rate)) for rate in rates]) / len(rates) for _ in range(repetitions))


def main(repetitions: int) -> None:
    print("| network | layers | merged | decides by | ms a decision | times ours |")
    print("| --- | ---: | ---: | --- | ---: | ---: |")
    for name in NETWORKS:
        problem = problem_of(name)
        ((still, slow),) = rate_cases(problem)
        whole = next(cases_of(problem))

        def ours(rate: float, still: CutCase = still, slow: CutCase = slow) -> float:
            graph = LayeredGraph.build(still.n_layers, still.n_levels, still.edges)
            found = graph.solve(still.cost, still.tensor_bytes[None] / rate)
            assert found is not None
            return found[1]

        def unreduced(rate: float, whole: CutCase = whole) -> float:
            graph = LayeredGraph.build(whole.n_layers, whole.n_levels, whole.edges)
            found = graph.solve(whole.cost, whole.tensor_bytes[None] / rate)
            assert found is not None
            return found[1]

        sides: list[tuple[str, Callable[[float], float], int]] = [("ours", ours, 1), ("ours, whole", unreduced, 1)]
        for label, solve, every in (
            ("OR-Tools", by_ortools, 10),
            ("igraph", by_igraph, 10),
            ("SciPy", by_scipy, 10),
            ("networkx", by_networkx, 100),
        ):

            def decide(rate: float, solve: Callable[[Arcs], float] = solve, whole: CutCase = whole) -> float:
                return solve(arcs_of(whole, rate))

            sides.append((label, decide, every))
        base = 0.0
        for label, decide, every in sides:
            try:
                seconds = per_decision(decide, RATES[::every], repetitions)
            except ImportError as error:
                print(f"| {name} | {whole.n_layers} | {still.n_layers} | {label} | needs {error.name} | |")
                continue
            for rate in RATES[:: max(every, 20)].tolist():
                # SciPy takes 32-bit capacities only: at low rates its units are coarse
                close = 0.05 if label == "SciPy" else 1e-6
                assert np.isclose(decide(rate), ours(rate), rtol=close), (name, label, rate)
            base = base or seconds
            print(
                f"| {name} | {whole.n_layers} | {still.n_layers} | {label} | {1e3 * seconds:.3f} | {seconds / base:.1f} |",
                flush=True,
            )
    for name in NETWORKS:
        problem = problem_of(name)
        intervals = bandwidth_map(problem)
        seconds = median(cpu(lambda: bandwidth_map(problem)) for _ in range(repetitions))  # noqa: B023
        print(f"all bandwidths of {name}: {len(intervals)} intervals in {1e3 * seconds:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
