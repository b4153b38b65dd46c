"""What the words after --cluster may say."""

from __future__ import annotations

import pytest

from formulations.joint.problem import JointProblem
from instances.errors import InputError
from instances.generators.registry import generate
from solvers.cluster_address import ClusterAddress
from solvers.contract import Budget
from solvers.registry import make


@pytest.mark.parametrize("text", ["local:1", "local:16", "tcp://10.0.0.1:8786", "tls://head.cluster:8786"])
def test_an_address_reads_back_as_it_was_written(text: str) -> None:
    assert str(ClusterAddress.read(f" {text} ")) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "local",  # how many?
        "local:0",  # none
        "local:-1",
        "local:two",
        "local:99999",  # a slip of the finger
        "tcp://host",  # no port
        "tcp://:8786",  # no host
        "http://host:8786",  # the dashboard's, not the scheduler's
        "host:8786",
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"^cluster: must be local:N or a scheduler's address .*got"):
        ClusterAddress.read(text)


def test_no_more_workers_are_started_here_than_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solvers.decomposition.lagrangian.cores", lambda: 2)
    problem = JointProblem(instance=generate("metro", {"tasks": "4"}, 1))
    reason = make("lagrangian", {"cluster": "local:64"}).decline(problem, Budget())
    assert reason == "a cluster on this machine must have at most as many workers as cores (2), got 64"
    assert make("lagrangian", {"cluster": "local:2"}).decline(problem, Budget()) is None
    assert make("lagrangian", {"cluster": "tcp://head:8786"}).decline(problem, Budget()) is None
