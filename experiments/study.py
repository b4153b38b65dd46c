"""The study: instances, problems, methods, budget and repetitions, read from TOML or built in Python."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from experiments.plain import plain
from experiments.settings import setting_text
from instances.errors import InputError
from solvers.contract import Budget

__all__ = ["FIGURES", "InstanceGrid", "InstanceSpec", "MethodSpec", "Study", "read_study", "study_of"]

Scalar = bool | int | float | str
Axis = Scalar | list[Scalar]

FIGURES = ("gap", "anytime", "gap-profile", "performance-profile", "time-profile", "scaling", "critical-difference")
"""What is drawn where a study names nothing; a figure for which there is too little data is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """One instance with one set of problem options: a recipe or a file, and what to call it."""

    label: str
    generator: str | None
    settings: Mapping[str, str]
    seed: int
    file: str | None
    family: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceGrid:
    """A block of instances: every combination of its axes.

    Parameters
    ----------
    generator : str, optional
        A registered generator; or
    files : tuple of str
        instance files.
    settings : mapping of str to tuple
        The generator's parameters; more than one value makes an axis.
    seeds : tuple of int
        Seeds of the generator.
    family : str
        Problem family.
    options : mapping of str to tuple
        Problem options; more than one value makes an axis.
    label : str
        What to call them, with the names of settings, options, ``generator``, ``seed`` or ``file`` in braces;
        by default generator and axes.
    """

    generator: str | None = None
    files: tuple[str, ...] = ()
    settings: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    family: str = "joint"
    options: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        if (self.generator is None) == (not self.files):
            raise InputError("instances", "needs either generator or files")
        if self.files and self.settings:
            raise InputError("instances", "files take no generator settings", dict(self.settings))
        if not self.seeds or any(isinstance(s, bool) or not isinstance(s, int) or s < 0 for s in self.seeds):
            raise InputError("instances, seeds", "must be whole numbers >= 0", self.seeds)
        for name, values in (*self.settings.items(), *self.options.items()):
            if not values:
                raise InputError(f"instances, {name}", "an axis needs at least one value", list(values))

    def specs(self) -> Iterator[InstanceSpec]:
        """Yield every combination, the last axis fastest, problem options innermost."""
        made: list[tuple[str | None, dict[str, Scalar], int, str | None]] = (
            [(None, {}, 0, name) for name in self.files]
            if self.files
            else [
                (self.generator, dict(zip(self.settings, point, strict=True)), seed, None)
                for point in itertools.product(*self.settings.values())
                for seed in self.seeds
            ]
        )
        for generator, settings, seed, file in made:
            for choice in itertools.product(*self.options.values()):
                options = dict(zip(self.options, choice, strict=True))
                yield InstanceSpec(
                    label=self._label({"generator": generator, "seed": seed, "file": file, **settings, **options}),
                    generator=generator,
                    settings={name: setting_text(value) for name, value in settings.items()},
                    seed=seed,
                    file=file,
                    family=self.family,
                    options=options,
                )

    def _label(self, words: Mapping[str, Any]) -> str:
        if self.label:

            def word(match: re.Match[str]) -> str:
                if match[1] not in words:
                    raise InputError("instances, label", f"may name {', '.join(words)}", match[1])
                return setting_text(words[match[1]])

            return re.sub(r"\{(\w+)\}", word, self.label)
        axes = [name for name, values in (*self.settings.items(), *self.options.items()) if len(values) > 1]
        if "tasks" in self.settings and "tasks" not in axes:
            axes.insert(0, "tasks")
        start = Path(words["file"]).stem if words["file"] else str(words["generator"])
        parts = [start, *(setting_text(words[name]) for name in axes)]
        return "-".join(parts) + (f"#{words['seed']}" if len(self.seeds) > 1 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSpec:
    """A method with its parameters, and what to call it."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""

    @property
    def title(self) -> str:
        """The label, or name and settings."""
        values = " ".join(f"{key}={setting_text(value)}" for key, value in self.settings.items())
        return self.label or f"{self.name} {values}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is compared.

    Parameters
    ----------
    name : str
        Names the folder of results.
    instances : tuple of InstanceGrid
        On what.
    methods : tuple of MethodSpec
        What.
    budget : Budget
        At which price, the same for all.
    seed, repetitions : int
        Chance: trial seeds are hashed from the study's.
    tables : tuple of str
        Tables to write beside the standard ones, and metrics of which a table of its own is written.
    metrics : tuple of str
        Metrics that the overview and the tables per family and per instance show; the standard ones where empty.
    figures : tuple of str
        Figures to draw.
    plugins : tuple of str
        The user's own Python files.
    title : str
        Caption of the tables.
    bound : str
        Method that certifies a bound of every problem in a twentieth of a trial's seconds, beside the methods that are
        compared; no row of a table, though its plans count among the best known; ``none``: only theirs count.
    """

    name: str
    instances: tuple[InstanceGrid, ...]
    methods: tuple[MethodSpec, ...]
    budget: Budget = field(default_factory=lambda: Budget(seconds=10.0))
    seed: int = 0
    repetitions: int = 1
    tables: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    figures: tuple[str, ...] = FIGURES
    plugins: tuple[str, ...] = ()
    title: str = ""
    bound: str = "lagrangian"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.name):
            raise InputError("study, name", "must be letters, digits, dots, dashes", self.name)
        if not self.instances:
            raise InputError("study", "needs at least one block of instances")
        if not self.methods:
            raise InputError("study", "needs at least one method")
        if self.repetitions < 1:
            raise InputError("study, repetitions", "must be >= 1", self.repetitions)
        if isinstance(self.seed, bool) or self.seed < 0:
            raise InputError("study, seed", "must be a whole number >= 0", self.seed)
        titles = [method.title for method in self.methods]
        for title in titles:
            if titles.count(title) > 1:
                raise InputError("study, methods", "labels must be unique", title)
        for label, count in Counter(spec.label for spec in self.specs()).items():
            if count > 1:
                raise InputError("study, instances", "labels must be unique (set `label`)", label)

    def specs(self) -> tuple[InstanceSpec, ...]:
        """Return every instance with its problem options."""
        return tuple(spec for grid in self.instances for spec in grid.specs())

    def as_dict(self) -> dict[str, Any]:
        """Return the study as plain data; `study_of` reads it back."""
        document: dict[str, Any] = plain(self)
        for grid in document["instances"]:
            grid["set"], grid["problem"] = grid.pop("settings"), grid.pop("options")
        for method in document["methods"]:
            method["set"] = method.pop("settings")
        cleaned: dict[str, Any] = _without_defaults(document)
        return cleaned


def _without_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_defaults(item)
            for key, item in value.items()
            if key == "figures" or item not in (None, "", [], {})
        }
    return [_without_defaults(item) for item in value] if isinstance(value, list) else value


class _InstanceDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    generator: str | None = None
    files: list[str] = []
    set: dict[str, Axis] = {}
    seeds: tuple[int, ...] = (0,)
    family: str = "joint"
    problem: dict[str, Axis] = {}
    label: str = ""


class _MethodDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str
    set: dict[str, Any] = {}
    label: str = ""


class _BudgetDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    seconds: float | None = None
    evaluations: int | None = None
    threads: int = 1
    memory_bytes: float | None = None
    tolerance: float = 1e-4


class _StudyDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str
    title: str = ""
    seed: int
    repetitions: int = 1
    budget: _BudgetDocument
    instances: list[_InstanceDocument]
    methods: list[_MethodDocument]
    tables: list[str] = []
    metrics: list[str] = []
    figures: tuple[str, ...] = FIGURES
    plugins: list[str] = []
    bound: str = "lagrangian"


def read_study(path: str | Path) -> Study:
    """Read a study file (TOML). Files that it names are looked for beside it.

    Raises
    ------
    InputError
        Naming the file and the key at fault.
    """
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or error
        raise InputError(str(path), f"must be a TOML file that can be read ({text})") from None
    return study_of(document, where=str(path), folder=Path(path).parent)


def study_of(document: Mapping[str, Any], *, where: str = "study", folder: Path | None = None) -> Study:
    """Return the study that plain data describes.

    Raises
    ------
    InputError
        Naming the key at fault, such as ``methods[3].name``.
    """
    try:
        read = msgspec.convert(dict(document), _StudyDocument)
    except msgspec.ValidationError as error:
        text, _, key = str(error).partition(" - at `$")
        place = key.rstrip("`").lstrip(".")
        raise InputError(f"{where}, {place}" if place else where, text.replace("Object", "table")) from None
    try:
        return Study(
            name=read.name,
            title=read.title,
            seed=read.seed,
            repetitions=read.repetitions,
            budget=Budget(**msgspec.structs.asdict(read.budget)),
            instances=tuple(_grid(item, f"instances[{i}]", folder) for i, item in enumerate(read.instances)),
            methods=tuple(MethodSpec(name=m.name, settings=m.set, label=m.label) for m in read.methods),
            tables=tuple(read.tables),
            metrics=tuple(read.metrics),
            figures=tuple(read.figures),
            plugins=tuple(_beside(name, folder) for name in read.plugins),
            bound=read.bound,
        )
    except InputError as error:
        raise InputError(where, str(error)) from None


def _grid(item: _InstanceDocument, key: str, folder: Path | None) -> InstanceGrid:
    try:
        return InstanceGrid(
            generator=item.generator,
            files=tuple(_beside(name, folder) for name in item.files),
            settings={name: _axis(values) for name, values in item.set.items()},
            seeds=tuple(item.seeds),
            family=item.family,
            options={name: _axis(values) for name, values in item.problem.items()},
            label=item.label,
        )
    except InputError as error:
        raise InputError(key, str(error).removeprefix("instances").lstrip(":, ")) from None


def _axis(values: Axis) -> tuple[Scalar, ...]:
    return tuple(values) if isinstance(values, list) else (values,)


def _beside(name: str, folder: Path | None) -> str:
    return name if folder is None else str(folder / name)
