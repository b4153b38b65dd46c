from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.files.instance_file import read_instance


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_instance(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def edited(data: bytes, *steps: Any, value: Any = None, rename: str | None = None) -> bytes:
    """Set (or rename) what stands at `steps` in the document."""
    document = json.loads(data)
    document.pop("sha256", None)
    at = document
    for step in steps[:-1]:
        at = at[step]
    if rename is None:
        at[steps[-1]] = value
    else:
        at[rename] = at.pop(steps[-1])
    return json.dumps(document).encode()


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def container(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(values: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, values, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("steps", "wrong", "message"),
    [
        (("links", 0, "bytes_per_s"), "rate_mbps", "write bytes_per_s (bytes per second) instead"),
        (("links", 0, "latency_s"), "latency_ms", "write latency_s (seconds) instead"),
        (("links", 0, "joules_per_byte"), "energy", "write joules_per_byte (joules per byte) instead"),
        (("nodes", 1, "memory_bytes"), "memory_mb", "write memory_bytes (bytes) instead"),
        (("nodes", 1, "x_m"), "x_km", "write x_m (metres) instead"),
        (("kinds", 0, "operations_per_s"), "gflops", "write operations_per_s (floating-point operations per second)"),
        (("kinds", 0, "busy_watts"), "busy_mw", "write busy_watts (watts) instead"),
        (("tasks", 0, "deadline_s"), "deadline_ms", "write deadline_s (seconds) instead"),
        (("costs", 0, "layer_seconds"), "layer_ms", "write layer_seconds (seconds) instead"),
        (("networks", 0, "layers", 1, "output_bytes"), "output_kb", "write output_bytes (bytes) instead"),
        (("nodes",), "nodez", "write nodes instead"),
    ],
)
def test_a_field_in_another_unit_is_told_the_right_one(
    tmp_path: Path, sample_files: dict[str, bytes], steps: tuple[Any, ...], wrong: str, message: str
) -> None:
    text = refused(tmp_path / "file", edited(sample_files["json"], *steps, rename=wrong))
    assert f"does not know the field '{wrong}'" in text
    assert message in text


@pytest.mark.parametrize(
    ("steps", "value", "message"),
    [
        (("schema_version",), 2, "schema_version: this release reads version 1, got 2"),
        (("schema_version",), True, "schema_version: this release reads version 1, got True"),
        (("format",), "tiercut-network", "format: must be \"tiercut-instance\", got 'tiercut-network'"),
        (("links", 1, "bytes_per_s"), -3.0, "links[1].bytes_per_s (device0->edge1): expected float > 0.0, got -3.0"),
        (("links", 1, "resource"), "cell9", "links[1].resource: must be the name of a resource (edge0, "),
        (("nodes", 0, "tier"), "fog", "nodes[0].tier (edge0): must be device or edge or cloud or router, got 'fog'"),
        (("nodes", 1, "name"), "edge0", "nodes[1].name: must be unique, got 'edge0'"),
        (
            ("nodes", 4, "name"),
            "device5",
            "nodes[4].name: must be device1: nodes called device0, device1, ... stand last",
        ),
        (("tasks", 0, "candidates", 0, "route"), 10**6, "task 0, candidate 0: route must be in 0.."),
        (("tasks", 0, "candidates", 0, "route"), 2**31, "expected int <= 2147483647, got 2147483648"),
        (("tasks", 0, "candidates", 0, "route"), -1, "expected int >= 0, got -1"),
        (("tasks",), [], "workload: needs at least one task, got 0"),
        (("networks", 0, "edges"), [[0, 1], [1, 2], [2, 3], [3, 4], [4, 2]], "must go forward"),
        (("networks", 1, "name"), "chain", "networks[1].name: must be unique, got 'chain'"),
        (("costs", 0, "kind"), "server", "must be the only one of its network and kind"),
        (("costs", 0, "layer_seconds"), [1.0], "needs one number a layer of chain (5), got 1"),
        (("nodes", 0, "name"), "a\x1b[31m\nb", ""),
    ],
)
def test_a_wrong_value_is_told_where_and_what_was_expected(
    tmp_path: Path, sample_files: dict[str, bytes], steps: tuple[Any, ...], value: Any, message: str
) -> None:
    text = refused(tmp_path / "file", edited(sample_files["json"], *steps, value=value))
    assert message in text
    assert text.isprintable()


def test_a_document_of_a_later_version_is_told_so_even_where_it_has_new_fields(
    tmp_path: Path, sample_files: dict[str, bytes]
) -> None:
    document = {"weather": "fine", **json.loads(sample_files["json"]), "schema_version": 7}
    text = refused(tmp_path / "file", json.dumps(document).encode())
    assert text == "schema_version: this release reads version 1, got 7"


def test_a_missing_cost_record_is_named(tmp_path: Path, sample_files: dict[str, bytes]) -> None:
    document = json.loads(sample_files["json"])
    del document["costs"][1], document["sha256"]
    text = refused(tmp_path / "file", json.dumps(document).encode())
    assert text == "costs: must have a record of network chain on kind server"


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity"])
def test_literals_that_are_not_json_are_refused_with_the_line(
    tmp_path: Path, sample_files: dict[str, bytes], literal: bytes
) -> None:
    data = sample_files["json"].replace(b'"latency_s":0.002', b'"latency_s":' + literal, 1)
    line = data[: data.index(literal)].count(b"\n") + 1
    text = refused(tmp_path / "file", data)
    assert text.startswith(f"line {line}: must be JSON; NaN and Infinity are not JSON, write null")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\0" * 100, b"\xff\xfe{\0", b"[" * 10**6, b"PK\x03\x04"])
def test_what_is_no_instance_file_is_refused(tmp_path: Path, data: bytes) -> None:
    refused(tmp_path / "file", data)


@pytest.mark.parametrize("name", ["missing", "", "bad\0name"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_instance(f"{tmp_path}/{name}")


def test_an_edited_file_is_refused_until_its_hash_is_removed(tmp_path: Path, sample_files: dict[str, bytes]) -> None:
    data = sample_files["json"]
    changed = data.replace(b'"latency_s":0.002', b'"latency_s":0.003', 1)
    assert changed != data
    text = refused(tmp_path / "file", changed)
    assert text == "sha256: content does not match its sha256 (edited by hand? remove the field to accept)"
    document = json.loads(changed)
    del document["sha256"]
    (tmp_path / "file").write_text(json.dumps(document))
    assert read_instance(tmp_path / "file").system.link_latency_s[0] == 0.003


def test_a_columnar_file_whose_values_changed_does_not_match_its_hash(
    tmp_path: Path, sample_files: dict[str, bytes]
) -> None:
    members = members_of(sample_files["columnar"])
    values = np.load(io.BytesIO(members["columns/node_speed.npy"]))
    members["columns/node_speed.npy"] = npy(values * 2)
    assert "sha256" in refused(tmp_path / "file", container(members))


def test_every_truncation_of_a_columnar_file_is_refused(tmp_path: Path, sample_files: dict[str, bytes]) -> None:
    data = sample_files["columnar"]
    for end in range(4, len(data), 97):
        assert "container: is damaged or cut short" in refused(tmp_path / "file", data[:end])


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("link_source", lambda v: v.astype(">i4"), "column link_source: must have dtype <i4"),
        ("link_source", lambda v: v.astype("<u4"), "column link_source: must have dtype <i4"),
        ("link_source", lambda v: v.astype("<i8"), "column link_source: must h"),
        ("node_speed", lambda v: v.astype("<f4"), "column node_speed: must h"),
        ("node_speed", lambda v: v[:-1], "column node_speed: must h"),
        ("node_speed", lambda v: v[None], "column node_speed: must h"),
        ("node_speed", lambda v: v.astype(object), "column node_speed: must h"),
        ("node_speed", lambda v: -v, "node edge0: speed must be finite and > 0"),
        ("link_resource", lambda v: v + 99, "resource must be -1 or in 0..6"),
        ("route_offsets", lambda v: np.r_[0, 2**63 - 1, -(2**63) + 3, v[3:]], "system.route_offsets: must rise from 0"),
    ],
)
def test_a_wrong_column_is_named(
    tmp_path: Path, sample_files: dict[str, bytes], name: str, change: Any, message: str
) -> None:
    members = members_of(sample_files["columnar"])
    key = f"columns/{name}.npy"
    members[key] = npy(change(np.load(io.BytesIO(members[key]))))
    assert message in refused(tmp_path / "file", container(members))


def test_offsets_that_wrap_around_are_no_offsets(tmp_path: Path, sample_files: dict[str, bytes]) -> None:
    # Their int64 differences overflow to positive numbers.
    members = members_of(sample_files["columnar"])
    offsets = np.load(io.BytesIO(members["columns/candidate_offsets.npy"]))
    assert len(offsets) == 4
    sites = np.load(io.BytesIO(members["columns/candidate_site.npy"]))[:3]
    header = json.loads(members["instance.json"])
    for column in header["columns"]:
        if column["name"] in ("candidate_site", "candidate_route"):
            column.update(rows=3, constant=False)
    members |= {
        "instance.json": json.dumps(header).encode(),
        "columns/candidate_offsets.npy": npy(np.array([0, 2**63 - 1, -(2**63) + 5, 3])),
        "columns/candidate_site.npy": npy(sites),
        "columns/candidate_route.npy": npy(sites),
    }
    assert "workload.candidate_offsets: must rise" in refused(tmp_path / "file", container(members))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(tmp_path: Path, sample_files: dict[str, bytes], method: int) -> None:
    assert "must be stored or deflated" in refused(
        tmp_path / "file", container(members_of(sample_files["columnar"]), method)
    )


def test_members_beyond_the_columns_are_refused(tmp_path: Path, sample_files: dict[str, bytes]) -> None:
    members = members_of(sample_files["columnar"])
    assert "must hold no other" in refused(tmp_path / "file", container(members | {"../x.npy": b""}))
    del members["columns/node_x.npy"]
    assert "must hold columns/node_x.npy" in refused(tmp_path / "file", container(members))
    assert "must hold the member instance.json" in refused(tmp_path / "file", container({"a": b""}))


def declared(data: bytes, rows: int, constant: bool) -> bytes:
    members = members_of(data)
    header = json.loads(members["instance.json"])
    for column in header["columns"]:
        column.update(rows=rows, constant=constant)
    members["instance.json"] = json.dumps(header).encode()
    for column in header["columns"]:
        key = f"columns/{column['name']}.npy"
        members[key] = npy(np.load(io.BytesIO(members[key]))[:1])
    return container(members)


@pytest.mark.parametrize(
    ("rows", "constant", "message"),
    [
        (10**12, True, "expected int <= 2147483648, got 1000000000000"),
        (2**31, True, "must not unfold from"),
        (2**31, False, "must not unfold from"),
        (10**5, False, "must hold 100000 values"),
    ],
)
def test_a_small_file_cannot_declare_many_rows(
    tmp_path: Path, sample_files: dict[str, bytes], rows: int, constant: bool, message: str
) -> None:
    assert message in refused(tmp_path / "file", declared(sample_files["columnar"], rows, constant))


def test_a_member_that_inflates_a_thousandfold_is_refused_before_it_is_inflated(
    tmp_path: Path, sample_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    members = members_of(sample_files["columnar"])
    for name in ("instance.json", "columns/node_x.npy"):
        bomb = container(members | {name: b" " * (1 << 26)})
        assert len(bomb) < 1 << 18

        def inflate(*_: object, **__: object) -> None:
            raise AssertionError("opened a member of a bomb")

        with monkeypatch.context() as patch:
            patch.setattr(zipfile.ZipFile, "open", inflate)
            assert "must not unfold from" in refused(tmp_path / "file", bomb)
