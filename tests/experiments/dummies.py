"""Misbehaving methods, loaded as a plugin by the tests of the runner. They take the family `joint`."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from formulations.joint.plan import JointPlan
from formulations.joint.problem import JointProblem
from instances.errors import InputError
from solvers.contract import Budget, MethodParams, Outcome, SolutionStatus, Termination, Trace
from solvers.registry import register


def local_plan(problem: JointProblem) -> JointPlan:
    """Everything on the device."""
    load = problem.instance.workload
    last = np.array([len(net) - 1 for net in problem.instance.networks])[load.task_network]
    none = np.full(load.n_tasks, -1)
    return JointPlan(
        version=np.zeros(load.n_tasks, dtype=np.int64), candidate=none, cloud=none, device_until=last, edge_until=last
    )


def random_plan(problem: JointProblem, rng: np.random.Generator) -> JointPlan:
    """Each task on its device, or cut at random with the rest on an edge that it may use."""
    plan = local_plan(problem)
    last = plan.device_until
    until = rng.integers(0, last + 1)
    offload = until < last
    return JointPlan(
        version=plan.version,
        candidate=np.where(offload, 0, -1),
        cloud=plan.cloud,
        device_until=until,
        edge_until=last,
    )


@njit
def _spin() -> float:
    x = 0.5
    while x > 0.0:
        x = 1.0 - x * 0.5
    return x


@dataclass(frozen=True, slots=True, kw_only=True)
class DummyParams(MethodParams):
    """What goes wrong."""

    what: str = "nothing"
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise InputError("seconds", "must be > 0", self.seconds)


@register("dummy", kind="rule")
class Dummy:
    """Does what `what` says, and nothing good."""

    Params = DummyParams
    families = frozenset({"joint"})

    def __init__(self, params: DummyParams) -> None:
        self.params = params

    def decline(self, problem: Any, budget: Budget) -> str | None:
        return "does not feel like it" if self.params.what == "decline" else None

    def solve(self, problem: Any, budget: Budget, rng: np.random.Generator, trace: Trace) -> Outcome:
        return getattr(self, f"_{self.params.what.replace('-', '_')}")(problem, rng, trace)

    def _good(self, problem: Any, status: SolutionStatus = SolutionStatus.FEASIBLE, **more: Any) -> Outcome:
        return Outcome(plan=local_plan(problem), status=status, termination=Termination.COMPLETED, **more)

    def _nothing(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        trace.incumbent(local_plan(problem))
        return self._good(problem, info={"drawn": int(rng.integers(2**31))})

    def _sleep(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        time.sleep(self.params.seconds)
        return self._good(problem)

    def _incumbent_then_sleep(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        trace.incumbent(local_plan(problem))
        trace.bound(0.001)
        return self._sleep(problem, rng, trace)

    def _ignore_term(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return self._sleep(problem, rng, trace)

    def _crash(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        raise ZeroDivisionError("the tenth layer\nis missing")

    def _crash_after_incumbent(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        trace.incumbent(local_plan(problem))
        raise ZeroDivisionError("too late")

    def _exit_zero(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        os._exit(0)

    def _abort(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        os.abort()

    def _allocate(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        kept = []
        for _ in range(100):
            kept.append(np.ones(5_000_000))
            time.sleep(0.05)
        return self._good(problem)

    def _allocate_fast(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        kept = [np.ones(12_500_000) for _ in range(100)]  # 10 GB, every page touched
        return self._good(problem, info={"kept": len(kept)})

    def _allocate_in_child(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        code = "import time\nkept = []\nfor _ in range(1000): kept.append(b'x' * 10_000_000)\ntime.sleep(60)"
        subprocess.run([sys.executable, "-S", "-c", code], start_new_session=True, check=False)
        return self._good(problem)

    def _spin(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        trace.incumbent(local_plan(problem))
        _spin()  # native code that keeps the interpreter's lock: no thread and no signal handler runs
        return self._good(problem)

    def _segfault(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        ctypes.string_at(0)
        return self._good(problem)

    def _out_of_session(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        marked = ["sh", "-c", f"(setsid sleep {self.params.seconds:g} &) ; exit 0"]
        subprocess.run(marked, start_new_session=True, check=True)
        return self._good(problem)

    def _out_of_session_then_sleep(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        self._out_of_session(problem, rng, trace)
        time.sleep(60)
        return self._good(problem)

    def _out_of_session_then_abort(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        self._out_of_session(problem, rng, trace)
        os.abort()

    def _print_without_end(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        while True:
            os.write(1, b"noise" * 20_000)
            os.write(2, b"noise" * 20_000)

    def _talk_without_end(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        bound = 0.0
        while True:
            bound += 1e-12
            trace.bound(bound)

    def _nan_bound(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        return self._good(problem, bound=float("nan"))

    def _nan_traced(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        trace.bound(float("nan"))
        return self._good(problem)

    def _wrong_plan_type(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        return Outcome(plan="all of it", status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)

    def _plan_of_another(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        from formulations.joint.problem import JointOptions
        from instances.generators.registry import generate

        other = JointProblem(instance=generate("line", {"tasks": "5"}, 2), options=JointOptions())
        return Outcome(plan=local_plan(other), status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)

    def _kill_itself(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        trace.incumbent(local_plan(problem))
        os.kill(os.getpid(), signal.SIGKILL)
        return self._good(problem)

    def _counting(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        """Work for a while, the same for the same seed; leave a line where the harness of random kills reads it."""
        log = os.environ.get("TIERCUT_TEST_LOG")
        if log:
            with open(log, "a") as file:
                file.write(f"{int(rng.integers(2**62))}\n")
        for step in range(5):
            trace.incumbent(random_plan(problem, rng) if step else local_plan(problem))
            trace.bound(1e-6 * (step + 1))
            time.sleep(0.004)
        return Outcome(
            plan=trace.best_plan,  # type: ignore[attr-defined]
            status=SolutionStatus.FEASIBLE,
            termination=Termination.EVALUATION_LIMIT,
            bound=1e-5,
            info={"evaluations": 5},
        )

    def _orphan(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        child = subprocess.Popen(["sleep", "60"])
        return self._good(problem, info={"child": child.pid})

    def _parent(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        with subprocess.Popen(["sleep", "60"]) as child:
            child.wait()
        return self._good(problem)

    def _print(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        for _ in range(10_000):
            print("noise" * 100)
        return self._good(problem)

    def _nonsense(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Any:
        return {"value": 0.0}

    def _no_plan(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        return Outcome(plan=None, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)

    def _bad_plan(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        good = local_plan(problem)
        bad = JointPlan(
            version=good.version,
            candidate=good.candidate,
            cloud=good.cloud,
            device_until=good.device_until * 0,
            edge_until=good.edge_until,
        )
        return Outcome(plan=bad, status=SolutionStatus.FEASIBLE, termination=Termination.COMPLETED)

    def _false_bound(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        return self._good(problem, bound=1e9)

    def _false_optimum(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        return self._good(problem, status=SolutionStatus.OPTIMAL)

    def _open_gap_optimum(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        return self._good(problem, status=SolutionStatus.OPTIMAL, bound=1e-9)

    def _needs_library(self, problem: Any, rng: np.random.Generator, trace: Trace) -> Outcome:
        import a_library_that_is_not_there

        return self._good(a_library_that_is_not_there)
