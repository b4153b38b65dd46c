"""Plan files: anyone's plan with the instance and the problem that it is for, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from experiments.plain import plain
from experiments.settings import options_of
from formulations.cut.plan_document import CutPlanDocument
from formulations.joint.plan_document import PlanDocument
from formulations.placement.plan_document import PlacementPlanDocument
from formulations.registry import family
from formulations.schedule.plan_document import SchedulePlanDocument
from instances.errors import InputError
from instances.files.replacing import replacing
from instances.instance import Instance

__all__ = ["PlanFile", "plan_schema", "problem_for", "read_plan", "write_plan"]


class PlanFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan file.

    ``instance`` is the SHA-256 of the instance, ``problem`` the options that were asked for (absent ones have their
    defaults), ``plan`` the family's own document. What is in ``about`` is for people and not read.
    """

    format: Literal["tiercut-plan"]
    schema_version: Literal[1]
    instance: str
    family: str = "joint"
    problem: dict[str, Any] = {}
    plan: dict[str, Any]
    about: dict[str, Any] = {}


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of plan files of the workbench's families, as published in ``plan.schema.json``."""
    schema = msgspec.json.schema(PlanFile)
    documents = (PlanDocument, CutPlanDocument, PlacementPlanDocument, SchedulePlanDocument)
    bodies = [msgspec.json.schema(document) for document in documents]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A plan file of Tiercut, family joint, cut, placement or schedule"
    for body in bodies:
        schema["$defs"] |= body["$defs"]
    schema["$defs"]["PlanFile"]["properties"]["plan"] = {"anyOf": [{"$ref": body["$ref"]} for body in bodies]}
    return schema


def read_plan(path: str | Path) -> PlanFile:
    """Read a plan file.

    Raises
    ------
    InputError
        If it cannot be read or is not a plan file.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(str(path), f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    try:
        return msgspec.json.decode(data, type=PlanFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(str(path), f"not a plan file: {error}") from None


def problem_for(instance: Instance, file: PlanFile, where: str = "plan") -> Any:
    """Return the problem that a plan file is for.

    Raises
    ------
    InputError
        If the plan is for another instance, or the options are not the family's.
    """
    if file.instance != instance.sha256:
        raise InputError(f"{where}, instance", f"must be for {instance.sha256}", file.instance)
    return family(file.family).problem(instance, options_of(file.family, file.problem))


def write_plan(path: str | Path, problem: Any, document: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """Write a plan document as a plan file, whole or not at all."""
    file = PlanFile(
        format="tiercut-plan",
        schema_version=1,
        instance=problem.instance.sha256,
        family=problem.family,
        problem=plain(problem.options),
        plan=dict(document),
        about=plain(about),
    )
    with replacing(path) as out:
        out.write(msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")
