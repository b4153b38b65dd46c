"""Name the field that was meant where a file holds an unknown one, above all one in another unit."""

from __future__ import annotations

import difflib

import msgspec

__all__ = ["hint_for", "with_unit"]

# The first word of a wrong name, and what it may have meant; the first that the record has is named.
_MEANINGS = {
    ("rate", "bandwidth", "throughput", "capacity", "bitrate", "datarate"): ("bytes_per_s",),
    ("latency", "delay", "rtt", "ping"): ("latency_s",),
    ("memory", "mem", "ram"): ("memory_bytes",),
    ("flops", "gflops", "tflops", "macs", "gmacs", "compute", "operations", "ops"): ("operations_per_s", "operations"),
    ("energy", "joules"): ("joules_per_byte", "layer_joules"),
    ("price", "cost"): ("price_per_byte", "price_per_s"),
    ("power", "watts", "tdp"): ("busy_watts",),
    ("weights", "params", "parameters", "parameter"): ("parameter_bytes",),
    ("position", "lat", "lon"): ("x_m",),
    ("seconds", "time"): ("layer_seconds", "release_s"),
}

_UNITS = (
    ("bytes_per_s", "bytes per second"),
    ("operations_per_s", "floating-point operations per second"),
    ("joules_per_byte", "joules per byte"),
    ("price_per_byte", "money per byte"),
    ("price_per_s", "money per second"),
    ("_bytes", "bytes"),
    ("_seconds", "seconds"),
    ("_joules", "joules"),
    ("_watts", "watts"),
    ("_s", "seconds"),
    ("_m", "metres"),
    ("operations", "floating-point operations, a multiply-add is two"),
)


def hint_for(unknown: str, record: type[msgspec.Struct]) -> str:
    """Say what to write instead of the field `unknown` of `record`.

    Parameters
    ----------
    unknown : str
        The field that the file holds.
    record : type
        The record that does not have it.

    Returns
    -------
    str
        The expected field with its unit, or the fields there are.
    """
    known = record.__struct_fields__
    first = unknown.lower().split("_")[0]
    meant = [name for words, names in _MEANINGS.items() if first in words for name in names if name in known]
    meant += [name for name in known if "_" in name and name.split("_")[0] == first]
    meant += difflib.get_close_matches(unknown[:80], known, n=1)
    if not meant:
        return f"there is no such field; the fields are {', '.join(known)}"
    return f"write {with_unit(meant[0])} instead"


def with_unit(name: str) -> str:
    """Return the field `name` and, where it has one, its unit: ``latency_s (seconds)``."""
    unit = next((words for ending, words in _UNITS if name.endswith(ending)), "")
    return f"{name} ({unit})" if unit else name
