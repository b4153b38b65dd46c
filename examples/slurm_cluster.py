"""Run a study on a Slurm cluster: eight workers of one core each, which Slurm starts as the queue lets them.

Needs ``pip install tiercut[cluster]`` on every node. Where there is no Slurm, the job script is shown instead.
"""

import shutil
import sys

from dask_jobqueue import SLURMCluster

from experiments import compare, table

STUDY = {
    "name": "on-slurm",
    "seed": 1,
    "budget": {"seconds": 2},
    "instances": [{"generator": "line", "set": {"tasks": [5, 10]}}],
    "methods": [{"name": "greedy"}, {"name": "best-reply"}, {"name": "lagrangian"}],
    "figures": [],
}


def main(workers: int = 8) -> None:
    """Start a scheduler here and `workers` Slurm jobs, and run the study on them."""
    with SLURMCluster(
        cores=1,  # threads of a worker: each runs one trial at a time
        processes=1,
        memory="4GB",  # for Slurm; a trial's own limit is `memory_bytes` in the study's budget
        walltime="01:00:00",
        python=sys.executable,
        scheduler_options={"dashboard_address": ":0"},
    ) as cluster:
        if shutil.which("sbatch") is None:
            print(cluster.job_script())
            return
        cluster.scale(jobs=workers)
        done = compare(STUDY, "results/on-slurm", cluster=cluster.scheduler_address)
        print(table(done, "summary"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
