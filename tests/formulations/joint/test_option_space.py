"""Options at given placements are those of the option table."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.joint.option_space import PLACEMENT, OptionSpace
from formulations.joint.options import option_table
from formulations.joint.positions import positions_of
from formulations.joint.uplinks import uplinks_of
from instances.columns import IntArray
from instances.errors import InputError
from tests.formulations.joint.random_problems import random_problem


def placements(problem_seed: int) -> tuple[IntArray, IntArray] | None:
    """Return tasks and placements of every option of the unpruned table whose cuts are merged positions."""
    problem = random_problem(problem_seed, sharing="optimal")
    try:
        table = option_table(problem, prune=False, positions=positions_of(problem.instance, merge=True))
    except InputError:
        return None
    load, positions = problem.instance.workload, positions_of(problem.instance, merge=True)
    uplinks = uplinks_of(problem.instance.system)
    task, rows = table.option_task(), []
    for p, k in enumerate(task.tolist()):
        g = positions.network_offsets[load.task_network[k]] + table.version[p]
        layers = positions.layer[positions.offsets[g] : positions.offsets[g + 1]]
        i, j = np.searchsorted(layers, (table.device_until[p], table.edge_until[p]))
        y = -1
        if table.candidate[p] >= 0:
            site = load.candidate_site[load.candidate_offsets[k] + table.candidate[p]]
            clouds = uplinks[uplinks[:, 0] == site, 1].tolist()
            y = clouds.index(table.cloud[p]) if table.cloud[p] in clouds and table.cloud[p] != site else -1
        rows.append((table.candidate[p], table.version[p], y, i, j))
    return task, np.array(rows, dtype=np.int64).reshape(-1, PLACEMENT)


@pytest.mark.parametrize("seed", range(30))
def test_options_at_all_placements_are_the_option_table(seed: int) -> None:
    found = placements(seed)
    if found is None:
        pytest.skip("the option table refuses the weights")
    problem = random_problem(seed, sharing="optimal")
    table = option_table(problem, prune=False, positions=positions_of(problem.instance, merge=True))
    mine = OptionSpace.of(problem).table(*found)
    for name in ("task_offsets", "version", "candidate", "cloud", "device_until", "edge_until"):
        assert np.array_equal(getattr(mine, name), getattr(table, name)), name
    for name in ("use_offsets", "use_resource", "memory_offsets", "memory_node"):
        assert np.array_equal(getattr(mine, name), getattr(table, name)), name
    for name in ("cost", "use_seconds", "use_weight", "memory_bytes"):
        assert np.array_equal(getattr(mine, name), getattr(table, name)), name
