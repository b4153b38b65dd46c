"""Time and memory of generating large instances, each in a process of its own.

    python benchmarks/generate.py [tasks ...]

Prints, per generator and size, the seconds of `generate` and of the identity, and the peak resident memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

GENERATORS = ("line", "grid", "metro")
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def measure(name: str, tasks: int) -> str:
    from instances.generators.registry import generate

    begin = time.perf_counter()
    instance = generate(name, {"tasks": str(tasks)}, 1)
    made = time.perf_counter()
    digest = instance.sha256
    hashed = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return (
        f"{name:<6} {tasks:>9,} tasks  {made - begin:7.2f} s generate  {hashed - made:6.2f} s identity  "
        f"{peak:5.2f} GB peak  {digest[:12]}"
    )


def main(arguments: list[str]) -> None:
    if len(arguments) == 2 and arguments[0] in GENERATORS:
        print(measure(arguments[0], int(arguments[1])), flush=True)
        return
    for name in GENERATORS:
        for tasks in [int(text) for text in arguments] or SIZES:
            subprocess.run([sys.executable, __file__, name, str(tasks)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
