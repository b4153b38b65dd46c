"""Compare: run a study's trials that have no record yet, keep each as it ends, and hand back the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from experiments.bounding import NO_BOUND, bounding_trials
from experiments.environment import environment
from experiments.export import check_shown
from experiments.plain import canonical
from experiments.plugins import load_plugins
from experiments.progress import TrialProgress
from experiments.record import Record
from experiments.runner import RunnerOptions, Task, check_load, run_trials
from experiments.settings import options_of
from experiments.shard import Shard
from experiments.shelf import Shelf, recipe_of
from experiments.store import Entry, Store
from experiments.study import InstanceSpec, MethodSpec, Study
from experiments.trial import Trial, make_trial
from formulations.score import Verdict
from instances.errors import InputError
from instances.generators.registry import make_params
from solvers.contract import Termination
from solvers.registry import make

__all__ = ["check_retry", "check_study", "ending_text", "run_study"]


def run_study(
    study: Study,
    store: Store,
    *,
    options: RunnerOptions | None = None,
    plugins: Sequence[str] = (),
    retry: Collection[str] = (),
    shard: Shard | None = None,
    quiet: bool = False,
) -> str:
    """Run what of `study` has no terminal record in `store`, and return the study's identity there.

    Trials run in a seeded random order, so that what the machine does meanwhile falls on all methods alike. An
    interrupted run loses nothing that was reported: call again to go on.

    Parameters
    ----------
    study : Study
        What to compare.
    store : Store
        Where records go. While this runs, no other process may run trials for it.
    options : RunnerOptions, optional
        How to run trials.
    plugins : sequence of str
        The user's Python files, beside those that the study names.
    retry : collection of str
        Terminations (``crashed``, ``time_limit``, ...) whose trials are run again; a new record takes the old one's
        place when it is there, and the old ending is kept among the deviations.
    shard : Shard, optional
        Run this part of the trials only.
    quiet : bool
        No progress on stderr.

    Raises
    ------
    InputError
        If a method, parameter, option, generator or file of the study is at fault, if another process runs trials
        for the store, or if more threads are asked for than there are cores.
    """
    options = options or RunnerOptions()
    check_retry(retry)
    check_study(study, options, plugins)
    files = (*study.plugins, *plugins)
    with store.writer(), Shelf() as shelf:
        placed = _placed(study, shelf, store)
        identity = store.add_study(study.name, study.as_dict(), [_entry(*one) for one in placed])
        bounding = bounding_trials(
            study, {trial.problem_id: (spec, trial.instance) for spec, _, trial in placed}.values()
        )
        unique = {trial.id: (spec, method, trial) for spec, method, trial in (*placed, *bounding)}
        ids = list(unique)
        order = [ids[i] for i in np.random.default_rng(study.seed).permutation(len(ids))]
        mine = order if shard is None else shard.part(order)
        done = store.finished(mine, unless=retry)
        queue = [unique[one] for one in mine if one not in done]
        tasks = [_task(spec, trial, shelf, store) for spec, _, trial in queue]
        facts = store.add_environment(environment())
        asked = {
            "jobs": options.jobs,
            "cluster": None if options.cluster is None else str(options.cluster),
            "force": options.force,
            "retry": sorted(retry),
            "shard": None if shard is None else str(shard),
            "trials": len(tasks),
        }
        run = store.begin_run(identity, asked, facts)
        with (
            TrialProgress(len(mine), len(mine) - len(tasks), quiet=quiet) as progress,
            closing(run_trials(tasks, options, files)) as records,  # type: ignore[type-var]
        ):
            for trial, record in records:
                where = facts if record.environment is None else store.add_environment(record.environment)
                store.add_record(trial, record, where)
                spec, method, _ = unique[trial.id]
                progress.ended(spec.label, method.title, ending_text(record), bad=_is_bad(record))
        store.end_run(run)
    return identity


def check_study(study: Study, options: RunnerOptions, plugins: Sequence[str] = ()) -> None:
    """Raise InputError where a name or setting of `study` is at fault, before anything is written; load its plugins."""
    load_plugins((*study.plugins, *plugins))
    for method in study.methods:
        make(method.name, method.settings)
    if study.bound != NO_BOUND:
        make(study.bound)
    for spec in study.specs():
        try:
            options_of(spec.family, spec.options)
            if spec.generator is not None:
                make_params(spec.generator, spec.settings)
            elif not Path(str(spec.file)).is_file():
                raise InputError(str(spec.file), "must be an instance file")
        except InputError as error:
            raise InputError(f"study {study.name}, instance {spec.label}", str(error)) from None
    check_shown(study.tables, study.metrics, study.figures)
    check_load(options, study.budget.threads)


def check_retry(retry: Collection[str]) -> None:
    """Raise InputError where a word is no termination."""
    for word in retry:
        if word not in (known := [str(one) for one in Termination]):
            raise InputError("retry", f"must be among {', '.join(known)}", word)


def _placed(study: Study, shelf: Shelf, store: Store) -> list[tuple[InstanceSpec, MethodSpec, Trial]]:
    """Return every trial of the study with its place there, and keep the instances that the store does not know."""
    known = {recipe: sha for recipe, (sha, _) in store.recipes().items()}
    samples: dict[str, list[Trial]] = {}
    found = []
    for spec in study.specs():
        try:
            sha = known.get(canonical(recipe_of(spec)))
            if sha is None:
                instance, stored = shelf.add_spec(spec)
                store.add_instance(stored)
                sha = instance.sha256
        except InputError as error:
            raise InputError(f"study {study.name}, instance {spec.label}", str(error)) from None
        problem = canonical([spec.family, spec.options])
        if problem not in samples:
            samples[problem] = [_trial(study, spec, sha, method) for method in study.methods]
        for method, sample in zip(study.methods, samples[problem], strict=True):
            found += [(spec, method, one) for one in sample.repeated(sha, study.repetitions)]
    return found


def _trial(study: Study, spec: InstanceSpec, instance: str, method: MethodSpec) -> Trial:
    return make_trial(
        instance=instance,
        method=method.name,
        settings=method.settings,
        family_name=spec.family,
        options=spec.options,
        budget=study.budget,
        study_seed=study.seed,
    )


def _task(spec: InstanceSpec, trial: Trial, shelf: Shelf, store: Store) -> Task:
    path = shelf.path(trial.instance)
    if not path.exists():
        stored = store.instance(trial.instance)
        if stored is not None and stored.document is not None:
            path.write_bytes(stored.document)
        else:
            shelf.add_spec(spec)
    return Task(
        trial=trial,
        instance_path=str(path),
        problem=partial(shelf.problem, trial.instance, trial.family, dict(trial.options)),
    )


def _entry(spec: InstanceSpec, method: MethodSpec, trial: Trial) -> Entry:
    return Entry(
        trial=trial.id,
        problem=trial.problem_id,
        instance=trial.instance,
        label=spec.label,
        method=method.name,
        title=method.title,
        repetition=trial.repetition,
    )


def ending_text(record: Record) -> str:
    """Return how a trial ended, in one line."""
    parts = [] if record.value is None else [f"{record.value:.6g}"]
    if record.verdict is Verdict.WRONG:
        parts.append("WRONG")
    parts.append(str(record.termination).replace("_", " "))
    if record.reason and record.termination is not Termination.COMPLETED:
        parts.append(f"({record.reason})")
    if record.seconds is not None:
        parts.append(f"{record.seconds:.2f} s")
    return " ".join(parts)


def _is_bad(record: Record) -> bool:
    return record.verdict is Verdict.WRONG or record.termination is Termination.CRASHED
