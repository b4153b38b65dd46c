"""``tiercut check``: judge a plan, a whole store, or what a plugin registers."""

from __future__ import annotations

import sqlite3
from typing import Any

import click

from experiments.cli.options import json_option, plugin_option, print_json


@click.command("check", short_help="Judge a plan, a store or a plugin.")
@click.argument("files", nargs=-1, metavar="[INSTANCE PLAN | STORE]")
@click.option(
    "--picture", metavar="OUT.svg", help="Draw the PLAN, of the family cut or schedule, to this SVG, PDF or PNG file."
)
@plugin_option
@json_option
def command(files: tuple[str, ...], picture: str | None, plugins: tuple[str, ...], as_json: bool) -> int:
    r"""Judge anyone's PLAN for an INSTANCE, every plan of a STORE (no solver runs), or what a plugin registers.

    The methods, generators and cost models of a plugin are run through the suites that the workbench's own must pass.

    The exit code is 1 where something is wrong, or where a trial of the store crashed and nobody can account for it.

    \b
    Example:
      tiercut check metro.json plan.json
      tiercut check one.json cut.json --picture cut.svg
      tiercut check results/demo/store.sqlite
      tiercut check --plugin my_method.py
    """
    if picture and len(files) != 2:
        raise click.UsageError("--picture needs INSTANCE and PLAN")
    if len(files) == 2:
        found = _check_plan(files[0], files[1], plugins, as_json)
        if picture:
            _draw_plan(files[0], files[1], picture)
        return found
    if len(files) == 1:
        return _check_store(files[0], plugins, as_json)
    if plugins and not files:
        return _check_plugins(plugins, as_json)
    raise click.UsageError("needs INSTANCE and PLAN, or STORE, or --plugin FILE.py")


def _check_plan(instance: str, plan: str, plugins: tuple[str, ...], as_json: bool) -> int:
    from experiments.api import check
    from formulations.score import Verdict

    judged = check(instance, plan, plugins=plugins)
    good = judged.verdict is Verdict.FEASIBLE
    if as_json:
        print_json(
            {
                "verdict": str(judged.verdict),
                "value": judged.value,
                "reason": judged.reason or None,
                "violations": list(judged.violations),
                "measures": dict(judged.measures),
            }
        )
    elif good:
        click.echo(f"feasible, value {judged.value:.12g}")
    else:
        click.echo(click.style("wrong", fg="red", bold=True) + f": {judged.reason}")
        for line in judged.violations:
            click.echo(f"  {line}")
    return 0 if good else 1


def _draw_plan(instance: str, plan: str, picture: str) -> None:
    from experiments.figures.cut_plan import draw_cut_plan
    from experiments.figures.schedule_gantt import draw_schedule
    from experiments.plan_file import problem_for, read_plan
    from formulations.registry import family
    from instances.errors import InputError
    from instances.files.instance_file import read_instance

    draw: dict[str, Any] = {"cut": draw_cut_plan, "schedule": draw_schedule}
    file = read_plan(plan)
    if file.family not in draw:
        raise InputError("picture", "must be of a plan of the family cut or schedule", file.family)
    problem = problem_for(read_instance(instance), file, plan)
    draw[file.family](problem, family(file.family).plan_of(problem, file.plan), picture)


def _check_store(path: str, plugins: tuple[str, ...], as_json: bool) -> int:
    from experiments.plugins import load_plugins
    from experiments.rejudge import rejudge
    from experiments.store import Store

    load_plugins(plugins)
    try:
        with Store(path, must_exist=True) as store:
            findings = list(rejudge(store))
            unexplained = store.unexplained()
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"{path}: {error}") from None
    wrong = [finding for finding in findings if finding.wrong]
    if as_json:
        print_json(
            {
                "trials": len(findings),
                "wrong": [_finding(finding) for finding in wrong],
                "unexplained": [
                    {**_finding(finding), "wrong": unexplained[finding.trial]}
                    for finding in findings
                    if finding.trial in unexplained
                ],
            }
        )
    else:
        for finding in findings:
            if finding.trial in unexplained:
                name = click.style(f"{finding.instance} · {finding.method}", fg="red", bold=True)
                click.echo(f"{name} ({finding.trial[:12]}): unexplained: {unexplained[finding.trial]}")
        for finding in wrong:
            name = f"{finding.instance} · {finding.method}"
            click.echo(click.style(name, fg="red", bold=True) + f" ({finding.trial[:12]}): {finding.wrong}")
        click.echo(f"{len(findings)} trials judged again, {len(wrong)} wrong, {len(unexplained)} unexplained")
    return 1 if wrong or unexplained else 0


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "trial": finding.trial,
        "instance": finding.instance,
        "method": finding.method,
        "wrong": finding.wrong,
    }


def _check_plugins(plugins: tuple[str, ...], as_json: bool) -> int:
    from experiments.contracts.registered import check_plugins

    results = check_plugins(plugins)
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "kind": kind,
                    "checks": [{"name": c.name, "passed": c.passed, "detail": c.detail} for c in checks],
                }
                for (kind, name), checks in results.items()
            ]
        )
    else:
        for (kind, name), checks in results.items():
            click.echo(click.style(name, bold=True) + f" ({kind})")
            for one in checks:
                sign = click.style("pass", fg="green") if one.passed else click.style("FAIL", fg="red", bold=True)
                click.echo(f"  {sign}  {one.name}" + (f": {one.detail}" if one.detail else ""))
    return 0 if all(one.passed for checks in results.values() for one in checks) else 1
