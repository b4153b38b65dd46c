"""The command line's Python twin: generate, solve, compare, check, table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from experiments.archive.make import make_archive
from experiments.archive.rebuild import Rebuilt
from experiments.archive.rebuild import rebuild_archive as _rebuild_archive
from experiments.comparison import check_retry, check_study, run_study
from experiments.export import export_store, tables_of
from experiments.judge import Judgement, judge
from experiments.manifest import unexplained_lines, write_manifest
from experiments.merging import merge_stores
from experiments.plan_file import problem_for, read_plan
from experiments.plugins import load_plugins
from experiments.report.report import write_report as _write_report
from experiments.runner import RunnerOptions
from experiments.settings import settings_text
from experiments.shard import Shard
from experiments.solution import Solution, solve_instance
from experiments.store import Store
from experiments.study import Study, read_study, study_of
from experiments.tables.csv import render_csv
from experiments.tables.latex import render_latex
from experiments.tables.markdown import render_markdown
from experiments.tables.table import Table
from instances.errors import InputError
from instances.files.instance_file import read_instance
from instances.generators.registry import generate as _generate
from instances.instance import Instance
from solvers.cluster_address import ClusterAddress
from solvers.contract import Budget, SolutionStatus

__all__ = [
    "Comparison",
    "Solution",
    "check",
    "compare",
    "generate",
    "merge",
    "rebuild_archive",
    "solve",
    "table",
    "write_archive",
    "write_report",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What a study gave: one row a trial in `frame`, the tables, where all of it lies, and what nobody can explain."""

    frame: pd.DataFrame
    tables: tuple[Table, ...]
    folder: Path
    store: Path
    unexplained: tuple[str, ...] = ()


def generate(generator: str, *, seed: int, **settings: Any) -> Instance:
    """Generate an instance.

    Examples
    --------
    >>> generate("line", seed=7, tasks=3).n_tasks
    3
    """
    return _generate(generator, settings_text(settings), seed)


def solve(
    instance: Instance | str | Path,
    method: str,
    *,
    seed: int,
    seconds: float | None = 10.0,
    evaluations: int | None = None,
    threads: int = 1,
    options: Mapping[str, Any] | None = None,
    family: str = "joint",
    plugins: Sequence[str] = (),
    **settings: Any,
) -> Solution:
    """Solve an instance (or its file) with one method; `settings` are the method's parameters.

    Examples
    --------
    >>> solve(generate("line", seed=7), "greedy", seed=1).value  # doctest: +SKIP
    """
    given = instance if isinstance(instance, Instance) else read_instance(instance)
    return solve_instance(
        given,
        method,
        settings=settings,
        seed=seed,
        budget=Budget(seconds=seconds, evaluations=evaluations, threads=threads),
        options=options,
        family_name=family,
        plugins=plugins,
    )


def compare(
    study: Study | Mapping[str, Any] | str | Path,
    folder: str | Path | None = None,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    force: bool = False,
    fresh: bool = False,
    retry: Sequence[str] = (),
    shard: Shard | str | None = None,
    plugins: Sequence[str] = (),
    quiet: bool = False,
) -> Comparison:
    """Run a study, or go on with it, and write its tables and figures.

    Parameters
    ----------
    study : Study, mapping, str or Path
        A study, its plain data, or its TOML file.
    folder : str or Path, optional
        Where ``store.sqlite``, tables and figures go; ``results/NAME`` by default.
    jobs : int
        Trials at a time.
    cluster : str, optional
        Run trials on a Dask cluster instead: ``local:4`` for four workers on this machine, or the address of a
        scheduler, such as ``tcp://host:8786``.
    force : bool
        Allow more threads than cores.
    fresh : bool
        Forget the records that the folder's store has.
    retry : sequence of str
        Terminations whose trials are run again, such as ``crashed`` and ``time_limit``.
    shard : Shard or str, optional
        Run this part only, such as ``1/4``, into a store of its own, and write no tables; see `merge`.
    plugins : sequence of str
        The user's Python files.
    quiet : bool
        No progress on stderr.
    """
    chosen = study if isinstance(study, Study) else study_of(study) if isinstance(study, Mapping) else read_study(study)
    target = Path(folder) if folder is not None else Path("results") / chosen.name
    part = Shard.read(shard) if isinstance(shard, str) else shard
    path = target / ("store.sqlite" if part is None else part.store_name)
    check_retry(retry)
    place = None if cluster is None else ClusterAddress.read(cluster)
    if place is not None and jobs != 1:
        raise InputError("jobs", "must be left to the cluster: each of its threads runs one trial", jobs)
    if fresh:
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
    options = RunnerOptions(jobs=jobs, force=force, cluster=place, quiet=quiet)
    check_study(chosen, options, plugins)
    with Store(path) as store:
        run_study(chosen, store, options=options, plugins=plugins, retry=retry, shard=part, quiet=quiet)
        write_manifest(store, target / path.name.replace("store", "manifest").replace(".sqlite", ".json"))
        if part is None:
            done = export_store(store, target)
            frame, tables = done.frame, done.tables
        else:
            frame, tables = tables_of(store, names=())[0], ()
        lines = unexplained_lines(store)
    return Comparison(
        frame=frame,
        tables=tables,
        folder=target,
        store=path,
        unexplained=tuple(lines),
    )


def merge(sources: Sequence[str | Path], output: str | Path) -> Path:
    """Join the stores of shards or machines into a new one; InputError where two contradict each other."""
    merge_stores(sources, output)
    return Path(output)


def write_report(store: str | Path, path: str | Path = "report.html", *, study: str | None = None) -> Path:
    """Write a study of a store as one HTML file and return its path; ``comparison.store`` is such a store."""
    with Store(store, must_exist=True) as opened:
        return _write_report(opened, path, study)


def write_archive(
    store: str | Path, path: str | Path, *, study: str | None = None, authors: Sequence[str] = ()
) -> Path:
    """Pack a store with its study, tables and the data of its figures into one zip file and return its path."""
    with Store(store, must_exist=True) as opened:
        return make_archive(opened, path, study, authors=authors)


def rebuild_archive(archive: str | Path, folder: str | Path) -> Rebuilt:
    """Make every table of an archive again, without solving, and say which are the same byte by byte."""
    return _rebuild_archive(archive, folder)


def check(instance: Instance | str | Path, plan: str | Path, *, plugins: Sequence[str] = ()) -> Judgement:
    """Judge anyone's plan file for an instance."""
    load_plugins(plugins)
    given = instance if isinstance(instance, Instance) else read_instance(instance)
    file = read_plan(plan)
    return judge(problem_for(given, file, str(plan)), file.plan, status=SolutionStatus.FEASIBLE)


def table(comparison: Comparison, name: str = "summary", form: Literal["markdown", "latex", "csv"] = "markdown") -> str:
    """Return one table of a comparison as text.

    Raises
    ------
    InputError
        If there is no such table or form.
    """
    renderers = {"markdown": render_markdown, "latex": render_latex, "csv": render_csv}
    if form not in renderers:
        raise InputError("form", f"must be one of {', '.join(renderers)}", form)
    for one in comparison.tables:
        if one.name == name:
            return renderers[form](one)
    raise InputError("table", f"must be one of {', '.join(t.name for t in comparison.tables)}", name)
