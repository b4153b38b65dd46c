"""``tiercut solve``: one method on one instance."""

from __future__ import annotations

import sys
from typing import Any

import click

from experiments.cli.options import force_option, json_option, pairs, plugin_option, print_json, set_option


@click.command("solve", short_help="Solve an instance with one method.")
@click.argument("instance", metavar="FILE")
@click.option("--method", required=True, help="A registered method; `tiercut list methods` shows all.")
@set_option("A parameter of the method.")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="Seed of the method's chance.")
@click.option("--time-limit", type=float, default=60.0, show_default=True, metavar="S", help="Wall seconds.")
@click.option("--evaluations", type=int, metavar="N", help="Plans that a population method may price.")
@click.option("--threads", type=int, default=1, show_default=True, help="Threads of native solvers.")
@click.option("--memory", type=float, metavar="BYTES", help="Resident memory that the trial may use.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="A problem option (sharing=equal).")
@click.option("--family", default="joint", show_default=True, help="Problem family.")
@click.option("--plan", metavar="OUT", help="Write the plan to this file.")
@force_option
@click.option("--verbose", is_flag=True, help="Let what the method prints through, to stderr.")
@plugin_option
@json_option
def command(
    instance: str,
    method: str,
    settings: tuple[str, ...],
    seed: int,
    time_limit: float,
    evaluations: int | None,
    threads: int,
    memory: float | None,
    options: tuple[str, ...],
    family: str,
    plan: str | None,
    force: bool,
    verbose: bool,
    plugins: tuple[str, ...],
    as_json: bool,
) -> int:
    r"""Solve the instance in FILE with one method, in a process of its own, and judge its plan.

    The exit code is 1 where the method crashed, its claim is wrong, or a plan was asked for and there is none; a method
    that declines is no failure else.

    \b
    Example:
      tiercut solve metro.json --method milp --set language=pulp --seed 1 --time-limit 10 --plan plan.json
      tiercut solve metro.json --method spso-ga --option sharing=equal --seed 1 --evaluations 20000 --json
    """
    from experiments.solution import solve_instance
    from instances.files.instance_file import read_instance
    from solvers.contract import Budget, Termination

    budget = Budget(seconds=time_limit, evaluations=evaluations, threads=threads, memory_bytes=memory)
    solution = solve_instance(
        read_instance(instance),
        method,
        settings=pairs(settings, "--set"),
        seed=seed,
        budget=budget,
        options=pairs(options, "--option"),
        family_name=family,
        plugins=plugins,
        force=force,
        verbose=verbose,
    )
    record = solution.record
    if plan and record.plan is not None:
        solution.write_plan(plan)
    elif plan:
        click.echo("tiercut: there is no plan to write", err=True)
    if as_json:
        print_json(solution.as_dict())
    else:
        _print(solution.as_dict())
    failed = record.verdict == "wrong" or record.termination in (Termination.CRASHED, Termination.UNAVAILABLE)
    return 1 if failed or (plan and record.plan is None) else 0


_MEASURES = {
    "latency_mean_s": ("mean latency", " s"),
    "latency_max_s": ("worst latency", " s"),
    "energy_j": ("energy", " J"),
    "price": ("price", ""),
    "deadline_misses": ("deadline misses", ""),
}


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def number(value: float | None, unit: str = "") -> str:
        return "none" if value is None else f"{value:.9g}{unit}"

    shown = Table.grid(padding=(0, 2))
    rows = [
        ("method", found["method"]),
        ("status", found["status"] + (" (recovered)" if found["recovered"] else "")),
        ("termination", found["termination"].replace("_", " ")),
        ("value", number(found["value"])),
        ("bound", number(found["bound"])),
        ("gap", "none" if found["gap"] is None else f"{100 * found['gap']:.4f} %"),
        ("time", number(found["seconds"] and round(found["seconds"], 3), " s")),
        ("verdict", found["verdict"] or "none"),
    ]
    rows += [("reason", found["reason"])] if found["reason"] else []
    rows += [
        (title, number(found["measures"].get(name), unit))
        for name, (title, unit) in _MEASURES.items()
        if name in found["measures"]
    ]
    rows += [("violation", line) for line in found["violations"]]
    for name, text in rows:
        red = text == "wrong" or name == "violation"
        shown.add_row(Text(name, style="dim"), Text(str(text), style="bold red" if red else ""))
    Console(file=sys.stdout, soft_wrap=True).print(shown)
