"""How fast populations are priced: the batched decoder against one Python call per individual.

Run as ``python -m benchmarks.batched_evaluator`` from the root of the repository. Both decode,
repair and price the same genes, and must agree. The second figure is the gene bytes that the pass
reads per second, over the bytes per second of copying an array, for a population larger than the
last-level cache; and the same with what a plan looks up in the tables, counted once per plan.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from formulations.joint.problem import JointOptions, JointProblem
from instances.generators.registry import generate
from solvers.metaheuristics.blocks import blocks_of
from solvers.metaheuristics.encoding import Encoding, encoding_of
from tests.solvers.metaheuristics.reference_decoder import Reference, reference_of


def seconds_of(call: Callable[[], object], repeats: int) -> float:
    """Return the least wall time of some calls: what others do on the machine can only add to it."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def cuts_of(problem: JointProblem) -> list[list[int]]:
    blocks = blocks_of(problem.instance, merged=True)
    return [blocks.layer[a:b].tolist() for a, b in zip(blocks.offsets[:-1], blocks.offsets[1:], strict=True)]


def compare(encoding: Encoding, twin: Reference, genes: np.ndarray, single: int) -> tuple[float, float]:
    """Return plans per second, batched and one by one, after checking that they agree."""
    individuals = [row.tolist() for row in genes[:single]]
    expected = np.array([twin.price(genes_) for genes_ in individuals])
    value, excess = encoding.decode_and_price(genes[:single])
    np.testing.assert_allclose(value, expected[:, 0], rtol=1e-9)
    np.testing.assert_allclose(excess, expected[:, 1], rtol=1e-9, atol=1.0)
    batched = len(genes) / seconds_of(lambda: encoding.decode_and_price(genes), 5)
    one_by_one = single / seconds_of(lambda: [twin.price(genes_) for genes_ in individuals], 3)
    return batched, one_by_one


def copy_bandwidth(n_bytes: int) -> float:
    """Return bytes read per second while an array of `n_bytes` is copied."""
    source = np.ones(n_bytes, np.uint8)
    target = np.empty_like(source)
    np.copyto(target, source)
    return n_bytes / seconds_of(lambda: np.copyto(target, source), 7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plans", type=int, default=4096)
    parser.add_argument("--single", type=int, default=100, help="plans priced one by one")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    print(f"{args.tasks} tasks, {args.plans} random plans, {args.threads} threads")
    header = ("instance", "sharing", "genes", "batched /s", "one by one /s", "ratio", "gene B/copy B", "all B/copy B")
    print(("{:<16}{:<9}" + "{:>15}" * 6).format(*header))
    copied = copy_bandwidth(1 << 28)
    # a gigabyte for each edge does not hold the weights of all that random plans send there
    cases = {"line": {"edges": "5"}, "line, short RAM": {"edges": "5", "edge_memory_bytes": "1e9"}, "metro": {}}
    for name, settings in cases.items():
        instance = generate(name.split(",")[0], {"tasks": str(args.tasks), **settings}, 1)
        for sharing in ("optimal", "equal"):
            problem = JointProblem(instance=instance, options=JointOptions(sharing=sharing))
            encoding = encoding_of(problem, merged=True, threads=args.threads)
            assert isinstance(encoding, Encoding)
            genes = encoding.random(args.plans, rng)
            batched, one_by_one = compare(encoding, reference_of(encoding.table, cuts_of(problem)), genes, args.single)
            # for each task a cell, and the rows of its option
            tables = (encoding.priced.terms, encoding.priced.resource, encoding.priced.node, encoding.priced.bytes)
            looked_up = encoding.table.n_tasks * (4 + sum(table[0].nbytes for table in tables))
            read = genes[0].nbytes * batched
            row = (batched, one_by_one, batched / one_by_one, read / copied, (read + looked_up * batched) / copied)
            text = "{:>15}{:>15.0f}{:>15.1f}{:>15.1f}{:>15.3f}{:>15.3f}".format(encoding.n_genes, *row)
            print(f"{name:<16}{sharing:<9}{text}", flush=True)
    print(f"copy bandwidth {copied / 1e9:.2f} GB/s read; population {genes.nbytes / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
