"""Measure what the workbench itself costs: an isolated trial, trials a minute, resume and summary of a large store."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from experiments.comparison import run_study
from experiments.environment import cores, environment
from experiments.export import tables_of
from experiments.record import Record
from experiments.runner import RunnerOptions, Task, run_trials
from experiments.shelf import Shelf
from experiments.store import Store
from experiments.study import Study, study_of
from experiments.trial import Trial, make_trial
from formulations.score import Verdict
from instances.generators.registry import generate
from solvers.contract import Budget, SolutionStatus, Termination

METHOD = "all-local"


def task(shelf: Shelf, repetition: int) -> Task:
    instance = generate("tiny", {"memory": "none"}, 0)
    path = shelf.add(instance)
    trial = make_trial(
        instance=instance.sha256, method=METHOD, budget=Budget(seconds=20), study_seed=1, repetition=repetition
    )
    problem = partial(shelf.problem, trial.instance, "joint", dict(trial.options))
    return Task(trial=trial, instance_path=str(path), problem=problem)


def beyond_work(shelf: Shelf, count: int, warm_up_s: float) -> float:
    """Return seconds that a trial takes on the wall beyond those inside the method, one trial after the other."""
    tasks = [task(shelf, i) for i in range(count)]
    began = time.perf_counter()
    records = [record for _, record in run_trials(tasks, RunnerOptions(warm_up_s=warm_up_s))]
    return (time.perf_counter() - began - sum(record.seconds or 0.0 for record in records)) / count


def recorded_a_minute(count: int, warm_up_s: float) -> float:
    """Return trials a minute of a whole run on all cores, each on disk before the next is reported."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.sqlite") as store:
        options = RunnerOptions(jobs=cores(), warm_up_s=warm_up_s)
        began = time.perf_counter()
        run_study(study(1, 1, count), store, options=options, quiet=True)
        return 60 * count / (time.perf_counter() - began)


def study(instances: int, methods: int, repetitions: int) -> Study:
    return study_of(
        {
            "name": "large",
            "seed": 1,
            "bound": "none",
            "repetitions": repetitions,
            "budget": {"seconds": 1},
            "figures": [],
            "instances": [{"generator": "tiny", "set": {"memory": "none"}, "seeds": list(range(instances))}],
            "methods": [{"name": METHOD, "label": f"method {i}"} for i in range(methods)]
            if methods == 1
            else [{"name": "random", "label": f"method {i}", "set": {"draws": i + 1}} for i in range(methods)],
        }
    )


def filled(one: Study, path: Path) -> int:
    """Fill a store with records of all trials as a run would have, without running them."""
    plan = b'{"device_until":[3,3,3],"edge_until":[3,3,3],"candidate":[-1,-1,-1],"cloud":[-1,-1,-1]}'

    def pretend(tasks: list[Task], *_: object) -> Any:
        for number, item in enumerate(tasks):
            yield item.trial, record(item.trial, number)

    def record(trial: Trial, number: int) -> Record:
        value = 1.0 + number % 97 / 100
        return Record(
            trial=trial.id,
            status=SolutionStatus.FEASIBLE,
            termination=Termination.COMPLETED,
            verdict=Verdict.FEASIBLE,
            value=value,
            bound=0.9,
            seconds=0.1,
            wall_seconds=0.2,
            peak_bytes=10**8,
            plan=plan,
            incumbents=tuple((0.01 * i, value + 0.1 * (9 - i)) for i in range(10)),
            bounds=((0.01, 0.9),),
            measures={"latency_mean_s": value, "latency_max_s": value, "energy_j": 1.0, "price": 0.0},
            info={"evaluations": 10},
        )

    import experiments.comparison as comparison

    real = comparison.run_trials
    comparison.run_trials = pretend  # type: ignore[assignment]
    try:
        with Store(path) as store:
            store._db.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - of no interest here
            run_study(one, store, quiet=True)
            return sum(1 for _ in store.rows("trial"))
    finally:
        comparison.run_trials = real


def timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def resume(one: Study, path: Path) -> None:
    with Store(path) as store:
        run_study(one, store, quiet=True)


def summary(path: Path) -> None:
    with Store(path) as store:
        tables_of(store, names=["summary"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--records", type=int, default=100_000)
    asked = parser.parse_args()
    rows: list[tuple[str, str]] = [("machine", f"{environment()['cpu']}, {cores()} cores")]
    with Shelf() as shelf:
        beyond_work(shelf, 4, 60.0)  # start the server, fill the kernel cache
        for warm_up_s, name in ((0.0, "without warm-up"), (60.0, "with warm-up")):
            found = beyond_work(shelf, asked.trials // 4, warm_up_s)
            rows.append((f"isolated trial beyond its work, {name}", f"{1000 * found:.1f} ms"))
            rate = recorded_a_minute(asked.trials, warm_up_s)
            rows.append((f"trivial trials a minute, {cores()} at a time, recorded, {name}", f"{rate:.0f}"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        one = study(asked.records // 100, 10, 10)
        count = filled(one, path)
        rows.append((f"store of {count} records", f"{path.stat().st_size / 1e6:.0f} MB"))
        rows.append((f"resume of {count} finished trials", f"{timed(lambda: resume(one, path)):.2f} s"))
        rows.append((f"summary table of {count} trials", f"{timed(lambda: summary(path)):.2f} s"))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value:>12}")


if __name__ == "__main__":
    main()
