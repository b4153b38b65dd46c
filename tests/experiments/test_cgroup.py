"""Control groups where they are delegated, on a made-up tree: real ones need a system that grants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cgroup import ControlGroup, delegated


def tree(top: Path, granted: str) -> tuple[Path, Path, Path]:
    """A mount with the group /job/step; the kernel's files as far as they are read."""
    mount = top / "cgroup"
    step = mount / "job" / "step"
    step.mkdir(parents=True)
    for group, controllers in ((mount, "cpu"), (mount / "job", granted), (step, "")):
        (group / "cgroup.subtree_control").write_text(controllers + "\n")
        (group / "cgroup.procs").write_text("")
    mounts, own = top / "mountinfo", top / "own"
    mounts.write_text(
        f"30 23 0:26 / /sys rw - sysfs sysfs rw\n31 23 0:27 / {mount} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
    )
    own.write_text("8:memory:/elsewhere\n0::/job/step\n")
    return mounts, own, mount / "job"


def test_the_nearest_group_that_hands_on_memory_is_taken(tmp_path: Path) -> None:
    mounts, own, job = tree(tmp_path, "cpu memory")
    assert delegated(mounts, own) == job


@pytest.mark.parametrize("granted", ["", "cpu pids"])
def test_without_a_memory_controller_there_is_none(tmp_path: Path, granted: str) -> None:
    mounts, own, _ = tree(tmp_path, granted)
    assert delegated(mounts, own) is None


def test_without_cgroup_v2_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("8:memory:/elsewhere\n")
    (tmp_path / "mountinfo").write_text("")
    assert delegated(tmp_path / "mountinfo", tmp_path / "own") is None
    assert delegated(tmp_path / "absent", tmp_path / "own") is None


def test_groups_of_runs_that_are_gone_are_removed(tmp_path: Path) -> None:
    mounts, own, job = tree(tmp_path, "memory")
    (job / "tiercut-999999999-0").mkdir()
    (job / "other").mkdir()
    delegated(mounts, own)
    assert not (job / "tiercut-999999999-0").exists()
    assert (job / "other").exists()


def test_a_group_is_limited_counted_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.mkdir

    def mkdir(path: Path, *arguments: object, **more: object) -> None:
        real(path)
        for name in ("memory.max", "memory.swap.max", "memory.oom.group", "cgroup.procs", "cgroup.kill"):
            (path / name).write_text("")
        (path / "memory.events").write_text("low 0\noom 1\noom_kill 0\n")
        (path / "memory.peak").write_text("12345\n")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    group = ControlGroup(tmp_path, 5e8)
    group.add(4711)
    assert (group.path / "memory.max").read_text() == "500000000"
    assert (group.path / "memory.swap.max").read_text() == "0"
    assert (group.path / "cgroup.procs").read_text() == "4711"
    assert (group.peak_bytes, group.overrun) == (12345, False)
    (group.path / "memory.events").write_text("oom 1\noom_kill 1\n")
    assert group.overrun
    group.close()
    assert (group.path / "cgroup.kill").read_text() == "1"
