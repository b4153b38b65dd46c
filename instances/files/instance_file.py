"""Read and write an instance as one file, in the layout that suits its size."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from instances.errors import InputError
from instances.files.columnar_file import MAGIC, read_columnar, write_columnar
from instances.files.json_file import decode_json, encode_json
from instances.files.replacing import replacing
from instances.instance import Instance

__all__ = ["Layout", "read_instance", "write_instance"]

Layout = Literal["auto", "json", "columnar"]

# Beyond these a readable file is no longer read by anyone and takes seconds to parse.
_READABLE_TASKS = 2_000
_READABLE_ROWS = 50_000


def read_instance(path: str | Path) -> Instance:
    """Read an instance file of either layout, told apart by their first bytes.

    Parameters
    ----------
    path : str or Path
        A file that `write_instance` wrote, or a readable one by hand (``instance.schema.json`` describes it).

    Returns
    -------
    Instance
        The instance, validated. Where the file states a SHA-256, the content matches it.

    Raises
    ------
    InputError
        If the file cannot be read or is not a valid instance; the message is one line that names the file,
        the place in it, what was expected and what was found.
    """
    try:
        with open(path, "rb") as file:
            first = file.read(len(MAGIC))
            if first == MAGIC:
                return read_columnar(file)
            return decode_json(first + file.read())
    except InputError as error:
        raise InputError(str(path), str(error)) from None
    except MemoryError:
        raise InputError(str(path), "does not fit in this machine's memory") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(str(path), f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def write_instance(instance: Instance, path: str | Path, layout: Layout = "auto") -> None:
    """Write `instance` as one file; an existing one is replaced whole, never half.

    Parameters
    ----------
    instance : Instance
        What to write. Its name and provenance are written too, though its identity does not cover them.
    path : str or Path
        Where to; the name does not decide the layout.
    layout : {"auto", "json", "columnar"}
        ``auto`` is JSON up to 2,000 tasks (and 50,000 links, routes or candidates), columnar beyond.

    Raises
    ------
    InputError
        If the layout is unknown, the provenance is not plain data, or the file cannot be written.
    """
    if layout not in ("auto", "json", "columnar"):
        raise InputError("layout", "must be auto, json or columnar", layout)
    if layout == "json" or (layout == "auto" and _is_readable(instance)):
        data = encode_json(instance)
        with replacing(path) as file:
            file.write(data)
    else:
        with replacing(path) as file:
            write_columnar(instance, file)


def _is_readable(instance: Instance) -> bool:
    system, load = instance.system, instance.workload
    rows = (system.n_nodes, system.n_links, len(system.route_links), system.n_routes, len(load.candidate_site))
    return load.n_tasks <= _READABLE_TASKS and max(rows) <= _READABLE_ROWS
