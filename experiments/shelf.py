"""The shelf: instances of a run as files that trials read, and the problems that the parent judges by."""

from __future__ import annotations

import hashlib
import inspect
import tempfile
from collections import OrderedDict
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import instances
from experiments.settings import options_of
from experiments.store import StoredInstance
from experiments.study import InstanceSpec
from formulations.registry import family
from instances.errors import InputError
from instances.files.instance_file import read_instance, write_instance
from instances.generators.registry import generate, get_generator
from instances.instance import Instance

__all__ = ["Shelf", "build_instance", "rebuild_instance", "recipe_of"]

_KEPT = 8


def recipe_of(spec: InstanceSpec) -> dict[str, Any]:
    """Return how the instance of `spec` is made.

    Equal recipes give equal instances: a hash of the file, or of the source that generates, is among what they hold.
    """
    if spec.file is not None:
        path = Path(spec.file).resolve()
        try:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(str(spec.file), f"must be an instance file ({error.strerror})") from None
        return {"file": str(path), "content": content}
    function = get_generator(spec.generator or "").function
    return {
        "generator": spec.generator,
        "set": dict(spec.settings),
        "seed": spec.seed,
        "source": _source(inspect.getsourcefile(function) or ""),
    }


@cache
def _source(file: str) -> str:
    """Return a hash of the package `instances` and of the generator's own file."""
    found = hashlib.sha256()
    for path in [*sorted(Path(instances.__file__ or "").parent.rglob("*.py")), Path(file)]:
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def build_instance(spec: InstanceSpec) -> Instance:
    """Generate or read the instance that `spec` asks for."""
    if spec.file is not None:
        return read_instance(spec.file)
    return generate(spec.generator or "", dict(spec.settings), spec.seed)


def rebuild_instance(stored: StoredInstance) -> Instance:
    """Return an instance out of a store: from its file, or from its recipe where the file was too large to keep.

    Raises
    ------
    InputError
        If the recipe no longer gives the same instance.
    """
    if stored.document is not None:
        with tempfile.TemporaryDirectory(prefix="tiercut-") as folder:
            path = Path(folder) / "instance"
            path.write_bytes(stored.document)
            return read_instance(path)
    recipe = stored.recipe
    if recipe.get("file"):
        instance = read_instance(recipe["file"])
    else:
        instance = generate(recipe["generator"], dict(recipe["set"]), int(recipe["seed"]))
    if instance.sha256 != stored.sha256:
        raise InputError(
            f"instance {stored.name}", f"its recipe must give {stored.sha256[:12]} again", instance.sha256[:12]
        )
    return instance


class Shelf:
    """A folder of instance files for the time of a run, and the last few instances in memory."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tiercut-")
        self._instances: OrderedDict[str, Instance] = OrderedDict()
        self._problems: OrderedDict[tuple[str, str, str], Any] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def path(self, sha256: str) -> Path:
        """Return where the file of an instance lies."""
        return Path(self._folder.name) / sha256

    def add(self, instance: Instance) -> Path:
        """Put an instance on the shelf and return its file."""
        path = self.path(instance.sha256)
        if not path.exists():
            write_instance(instance, path)
        self._remember(instance)
        return path

    def add_spec(self, spec: InstanceSpec) -> tuple[Instance, StoredInstance]:
        """Put the instance of `spec` on the shelf; return it and what the store keeps of it."""
        instance = build_instance(spec)
        path = self.add(instance)
        document = path.read_bytes()
        return instance, StoredInstance(
            sha256=instance.sha256,
            name=instance.name,
            tasks=instance.n_tasks,
            recipe=recipe_of(spec),
            document=document,
        )

    def instance(self, sha256: str) -> Instance:
        """Return an instance that was put on the shelf."""
        if sha256 not in self._instances:
            self._remember(read_instance(self.path(sha256)))
        self._instances.move_to_end(sha256)
        return self._instances[sha256]

    def problem(self, sha256: str, family_name: str, options: Any) -> Any:
        """Return the problem on a shelved instance."""
        chosen = options_of(family_name, options)
        key = (sha256, family_name, repr(chosen))
        if key not in self._problems:
            self._problems[key] = family(family_name).problem(self.instance(sha256), chosen)
            while len(self._problems) > _KEPT:
                self._problems.popitem(last=False)
        self._problems.move_to_end(key)
        return self._problems[key]

    def _remember(self, instance: Instance) -> None:
        self._instances[instance.sha256] = instance
        while len(self._instances) > _KEPT:
            self._instances.popitem(last=False)
