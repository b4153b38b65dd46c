"""What more lanes cost the relaxation: its gap after four sweeps, and after four steps of the master.

Run as ``python -m benchmarks.lanes [--tasks 100000] [--lanes 4,40,200]``: `metro-benchmark`, seed 1. Lanes of one wave do not
see each other's moves. Gaps are to the best bound of any run; nothing here depends on the machine or its load.
"""

from __future__ import annotations

import argparse
from unittest.mock import patch

import numpy as np

from formulations.joint.problem import JointProblem
from formulations.score import relative_gap
from instances.generators.registry import generate
from solvers.decomposition import waves
from solvers.decomposition.passes import LocalPasses
from solvers.decomposition.segment_master import SegmentMaster
from solvers.decomposition.segments import segments_of

_SWEEPS, _STEPS = 4, 4


def run(problem: JointProblem, lanes: int) -> tuple[float, float, float]:
    """Return the relaxed value after the sweeps, that of the master after its steps, and the best bound, with so many lanes."""
    waves.lanes_of.cache_clear()
    # no parameter of a method: the shape of a pass is part of what a seed gives
    with patch.object(waves, "_LANES", lanes):
        segments = segments_of(problem)
        assert not isinstance(segments, str)
        passes, rng = LocalPasses.start(segments, len(problem.instance.system.resources), 2), np.random.default_rng(1)
        for sweep in range(_SWEEPS):
            passes.sweep(rng if sweep else None)
        swept = passes.value()
        master = SegmentMaster.start(passes, passes.drawn(), passes.load)
        bound = max(master.step() for _ in range(_STEPS))
        return swept, master.value(), bound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--lanes", default="4,40,200")
    asked = parser.parse_args()
    problem = JointProblem(instance=generate("metro-benchmark", {"tasks": str(asked.tasks)}, 1))
    counts = list(map(int, asked.lanes.split(",")))
    runs = [run(problem, lanes) for lanes in counts]
    best = max(bound for _, _, bound in runs)
    print(f"| lanes | tasks a lane | gap after {_SWEEPS} sweeps | after {_STEPS} steps of the master |")
    print("| ---: | ---: | ---: | ---: |")
    for lanes, (swept, mixed, _) in zip(counts, runs, strict=True):
        gaps = [relative_gap(value, best) or 0.0 for value in (swept, mixed)]
        print(f"| {lanes} | {asked.tasks // lanes:,} | {gaps[0]:.4%} | {gaps[1]:.1e} |")


if __name__ == "__main__":
    main()
