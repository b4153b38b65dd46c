from __future__ import annotations

import dataclasses
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instances.errors import InputError
from instances.files import columnar_file
from instances.files.instance_file import Layout, read_instance, write_instance
from instances.instance import Instance
from instances.networks.files import document_of
from tests.instances.samples import small_instance

LAYOUTS: tuple[Layout, ...] = ("json", "columnar")
finite = {"allow_nan": False, "allow_infinity": False}


def assert_same(one: Instance, two: Instance) -> None:
    """Every column bit for bit (NaN equals NaN), every name, and the identity."""
    for part in ("system", "workload"):
        for item in dataclasses.fields(getattr(one, part)):
            a, b = getattr(getattr(one, part), item.name), getattr(getattr(two, part), item.name)
            if isinstance(a, np.ndarray):
                assert a.dtype == b.dtype, item.name
                assert not b.flags.writeable, item.name
                np.testing.assert_array_equal(a, b, err_msg=item.name)
            else:
                assert a == b, item.name
    for mine, other in zip(one.costs, two.costs, strict=True):
        for item in dataclasses.fields(mine):
            np.testing.assert_array_equal(getattr(mine, item.name), getattr(other, item.name))
    assert [document_of(net) for net in one.networks] == [document_of(net) for net in two.networks]
    assert (one.name, dict(one.provenance), one.sha256) == (two.name, dict(two.provenance), two.sha256)


def changed(instance: Instance, part: str, **columns: Any) -> Instance:
    owner = dataclasses.replace(getattr(instance, part), **columns)
    return dataclasses.replace(instance, **{part: owner})


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(4))
def test_an_instance_survives_the_round_trip(tmp_path: Path, layout: Layout, seed: int) -> None:
    instance = small_instance(seed)
    write_instance(instance, tmp_path / "file", layout)
    assert_same(instance, read_instance(tmp_path / "file"))


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_double_survives_either_layout(tmp_path: Path, layout: Layout, data: st.DataObject) -> None:
    instance = small_instance(0)
    n, m = instance.system.n_nodes, instance.n_tasks

    def doubles(count: int, **limits: Any) -> Any:
        return data.draw(st.lists(st.floats(**limits), min_size=count, max_size=count))

    instance = changed(
        instance,
        "system",
        node_speed=doubles(n, min_value=0, exclude_min=True, **finite),
        node_memory_bytes=doubles(n, min_value=0, allow_nan=False),
        node_x=doubles(n, allow_infinity=False),
    )
    instance = changed(
        instance,
        "workload",
        task_weight=doubles(m, min_value=0, **finite),
        task_deadline_s=doubles(m, min_value=0, exclude_min=True, allow_nan=False),
    )
    write_instance(instance, tmp_path / "file", layout)
    assert_same(instance, read_instance(tmp_path / "file"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_instance_is_the_same_bytes(tmp_path: Path, layout: Layout) -> None:
    for name in ("one", "two"):
        write_instance(small_instance(3), tmp_path / name, layout)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_equal_content_has_one_identity_whatever_the_number_types() -> None:
    one = small_instance(0)
    kinds = (dataclasses.replace(one.system.kinds[0], memory_bytes=4 * 10**9), *one.system.kinds[1:])
    other_nan = np.where(np.isnan(one.system.node_x), -np.nan, one.system.node_x)
    assert changed(one, "system", kinds=kinds, node_x=other_nan).sha256 == one.sha256
    assert changed(one, "system", node_speed=one.system.node_speed * (1 + 1e-15)).sha256 != one.sha256


def test_the_layout_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    write_instance(small_instance(), tmp_path / "columns.json", "columnar")
    write_instance(small_instance(), tmp_path / "text.zip", "json")
    assert read_instance(tmp_path / "columns.json").sha256 == read_instance(tmp_path / "text.zip").sha256


def with_tasks(instance: Instance, n_tasks: int, *, reach_sites: bool = True) -> Instance:
    """The first task of `instance` again and again, with its candidates or with none."""
    load = instance.workload
    reach = load.candidates_of(0) if reach_sites else range(0)
    once = {name: np.repeat(getattr(load, name)[:1], n_tasks) for name in columnar_file.WORKLOAD_DTYPES}
    once["candidate_offsets"] = np.arange(n_tasks + 1) * len(reach)
    once["candidate_site"] = np.tile(load.candidate_site[list(reach)], n_tasks)
    once["candidate_route"] = np.tile(load.candidate_route[list(reach)], n_tasks)
    return changed(instance, "workload", **once)


@pytest.mark.parametrize(("n_tasks", "first"), [(2_000, b"{"), (2_001, b"P")])
def test_auto_is_readable_up_to_two_thousand_tasks(tmp_path: Path, n_tasks: int, first: bytes) -> None:
    instance = with_tasks(small_instance(1), n_tasks)
    write_instance(instance, tmp_path / "file")
    assert (tmp_path / "file").read_bytes()[:1] == first
    assert_same(instance, read_instance(tmp_path / "file"))


def test_a_very_regular_instance_is_written_so_that_it_reads_back(tmp_path: Path) -> None:
    # All its columns are constant: a file of kilobytes for tens of megabytes, which a reader must take for a bomb.
    instance = with_tasks(small_instance(0), 500_000, reach_sites=False)
    write_instance(instance, tmp_path / "file", "columnar")
    with zipfile.ZipFile(tmp_path / "file") as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    assert read_instance(tmp_path / "file").sha256 == instance.sha256


def test_a_readable_file_has_one_row_a_line_and_units_in_its_names(tmp_path: Path) -> None:
    instance = small_instance(1)
    write_instance(instance, tmp_path / "file")
    text = (tmp_path / "file").read_text()
    document = json.loads(text)
    assert sum(line.startswith('{"source":') for line in text.splitlines()) == len(
        document["links"] + document["routes"]
    )
    assert {"bytes_per_s", "latency_s", "joules_per_byte"} <= set(document["links"][0])
    assert document["nodes"][2]["memory_bytes"] is None  # the cloud's is no limit
    assert document["tasks"][0]["source"] == "device0"


def test_what_has_a_default_may_be_left_out(tmp_path: Path) -> None:
    write_instance(small_instance(1), tmp_path / "file")
    document = json.loads((tmp_path / "file").read_text())
    del document["sha256"], document["provenance"]
    for node in document["nodes"]:
        del node["speed"], node["x_m"], node["y_m"]
    for task in document["tasks"]:
        del task["weight"], task["deadline_s"]
    (tmp_path / "file").write_text(json.dumps(document, indent=1))
    instance = read_instance(tmp_path / "file")
    assert (instance.system.node_speed == 1).all()
    assert np.isnan(instance.system.node_x).all()
    assert np.isinf(instance.workload.task_deadline_s).all()


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    write_instance(small_instance(1), tmp_path / "file")
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "file").read_bytes())
    assert read_instance(tmp_path / "file").sha256 == small_instance(1).sha256


def test_provenance_of_arrays_and_mappings_becomes_plain_data(tmp_path: Path) -> None:
    mixed = {"seed": np.int64(3), "grid": np.array([1.5, 2.0]), "path": Path("a") / "b", "pair": (1, 2)}
    write_instance(dataclasses.replace(small_instance(), provenance=mixed), tmp_path / "file")
    read = read_instance(tmp_path / "file").provenance
    assert read == {"seed": 3, "grid": [1.5, 2.0], "path": "a/b", "pair": [1, 2]}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("wrong", [object(), {("a", "b"): 1}, "\ud800"])
def test_provenance_that_json_cannot_hold_is_refused_and_leaves_no_file(
    tmp_path: Path, layout: Layout, wrong: object
) -> None:
    instance = dataclasses.replace(small_instance(), provenance={"it": wrong})
    with pytest.raises(InputError, match="provenance"):
        write_instance(instance, tmp_path / "file", layout)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_instance(small_instance(0), tmp_path / "file", "columnar")
    before = (tmp_path / "file").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written [(]No space left"):
        write_instance(small_instance(1), tmp_path / "file", "columnar")
    assert (tmp_path / "file").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_written_file_has_the_usual_permissions_and_follows_links(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_instance(small_instance(), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("target", ["", "no/such/folder/file", "bad\0name"])
def test_a_target_that_cannot_be_written_is_one_line(tmp_path: Path, target: str) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_instance(small_instance(), f"{tmp_path}/{target}")


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="layout: must be auto, json or columnar, got 'xml'"):
        write_instance(small_instance(), tmp_path / "file", "xml")  # type: ignore[arg-type]
