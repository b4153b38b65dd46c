from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from instances.errors import InputError
from instances.nodes import catalogue
from instances.nodes.catalogue import kind_names, load_kinds, node_entry, node_kind, read_kinds

GOOD = """
[sources]
bench = "A benchmark"
[[kind]]
name = "my-board"
busy_watts = 5.0
latency = [{ network = "vgg16", milliseconds = 1547.0, source = "bench", rate = true }]
[kind.sources]
busy_watts = "data sheet"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "kinds.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "gigaflops"),
    # worked out by hand: 2 x 15.47 GMAC over the published latency; nn-Meter's and ncnn's own figures
    [
        ("raspberry-pi-3b-plus", 16.3),
        ("raspberry-pi-4", 31.3),
        ("jetson-agx-xavier-cpu", 254.7),
        ("cortex-a76", 18.9),
        ("adreno-640", 141.1),
        ("adreno-630", 108.0),
        ("myriad-vpu", 163.3),
        ("rtx-2080", 3966.7),
        ("i7-12700k", 235.6),
    ],
)
def test_effective_rate_is_two_operations_a_mac_over_the_published_latency(name: str, gigaflops: float) -> None:
    assert node_kind(name).operations_per_s / 1e9 == pytest.approx(gigaflops, abs=0.05)


@pytest.mark.parametrize("name", kind_names())
def test_every_figure_of_every_kind_has_a_citation_or_a_stated_assumption(name: str) -> None:
    entry = node_entry(name)
    kind = entry.kind
    for figure in (
        "operations_per_s",
        "memory_bytes",
        "bytes_per_s",
        "peak_operations_per_s",
        "busy_watts",
        "idle_watts",
    ):
        value = getattr(kind, figure)
        if value is not None and value != 0 and np.isfinite(value):
            assert entry.sources.get(figure) or entry.assumed.get(figure), figure
    assert kind.source
    for figure in entry.unknown:
        assert getattr(kind, figure) in (None, 0.0, np.inf)
        assert figure in kind.source


def test_catalogue_has_devices_edges_and_accelerators() -> None:
    assert {"jetson-nano", "jetson-tx2", "i7-5930k", "xeon-e5645", "titan-x", "k40", "k80"} <= set(kind_names())


def test_unknown_kind_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="raspberry-pi-4"):
        node_kind("abacus")


def test_users_file_of_kinds_is_read_and_joins_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, GOOD)
    entry = read_kinds(path)["my-board"]
    assert entry.kind.operations_per_s == pytest.approx(2 * 15.47e9 / 1.547)
    assert entry.kind.busy_watts == 5.0
    assert entry.latencies[0].source == "A benchmark"
    own = dict(catalogue._catalogue())
    monkeypatch.setattr(catalogue, "_catalogue", lambda: own)
    load_kinds(path)
    assert node_kind("my-board") == entry.kind
    load_kinds(path)
    with pytest.raises(InputError, match="my-board"):
        load_kinds(written(tmp_path, GOOD.replace("busy_watts = 5.0", "busy_watts = 6.0")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('busy_watts = "data sheet"', ""), "citation"),
        (("milliseconds = 1547.0", "milliseconds = -1.0"), "milliseconds"),
        (("milliseconds = 1547.0", "milliseconds = nan"), "."),
        (("busy_watts = 5.0", "busy_watts = 5.0\nspeed = 3"), "speed"),
        ((", rate = true", ""), "exactly one"),
        (("[[kind]]", "[[kind"), "not a file of node kinds"),
        (('network = "vgg16"', 'network = "mystery"'), "multiply-adds"),
        (('name = "my-board"', 'name = ""'), "name"),
        (("busy_watts = 5.0", "busy_watts = inf"), "."),
    ],
)
def test_malformed_file_of_kinds_gives_one_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_kinds(written(tmp_path, GOOD.replace(*change)))
    assert "\n" not in str(caught.value)


def test_missing_file_of_kinds_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_kinds(tmp_path / "none.toml")
