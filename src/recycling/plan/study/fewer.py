"""Targets that are another target with fewer labelled rows: they share its test rows.

So what more labelled rows are worth is measured on the same rows. Of such targets, those of one
task are no independent evidence: an experiment that takes the mean over targets has one of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recycling.ground.errors import InputError
from recycling.plan.study.faults import require
from recycling.plan.study.merging import MergingStudy
from recycling.verdict.experiments import EXPERIMENTS

OWN = ("split", "fewer_of")


def inherited(tasks: Mapping[str, Any]) -> dict[str, Any]:
    """The tasks, each with the source and options of the one that it is fewer rows of.

    What is no text and no mapping is left for the record to refuse. Raises InputError for a task
    that is fewer rows of one which is fewer rows itself.
    """
    return {name: _whole(tasks, name, task) for name, task in tasks.items()}


def _whole(tasks: Mapping[str, Any], name: str, task: Any) -> Any:
    other = task.get("fewer_of") if isinstance(task, Mapping) else None
    if not isinstance(other, str) or not isinstance(whole := tasks.get(other), Mapping):
        return task
    if "fewer_of" in whole:
        raise InputError(
            "config",
            f"tasks.{name}.fewer_of",
            other,
            "a task that is not fewer rows of one itself",
            "name the task that has all rows",
        )
    return _shared(other, whole) | task


def _shared(name: str, whole: Mapping[str, Any]) -> dict[str, Any]:
    """What fewer rows of the task of that name have of its keys: a built-in one goes by its own."""
    named = {"of": name} if whole.get("source") == "builtin" else {}
    return named | {key: value for key, value in whole.items() if key not in OWN}


def family(study: MergingStudy, task: str) -> str:
    """The task whose test rows it has: another one, or itself."""
    return study.tasks[task].fewer_of or task


def check(study: MergingStudy) -> None:
    """Raise InputError for fewer rows of a task that are not, and for means over one family."""
    for name, task in study.tasks.items():
        if task.fewer_of is not None:
            _check_task(study, name, task.fewer_of)
    for name, experiment in study.experiments.items():
        if name in EXPERIMENTS and EXPERIMENTS[name].by_rows:
            _check_numbers(study, f"experiments.{name}.targets", experiment.targets)
            continue
        first: dict[str, str] = {}
        for target in experiment.targets:
            other = first.setdefault(family(study, target), target)
            if other != target:
                raise InputError(
                    "config",
                    f"experiments.{name}.targets",
                    [other, target],
                    "targets of which no two have the same test rows",
                    "name the targets that it is about, one of each task",
                )


def labelled(study: MergingStudy, task: str) -> int:
    """How many rows of a task train or validate, as far as it has so many."""
    asked = study.split.of_task(study.tasks[task].split)
    return asked["train"] + asked["valid"]


def _check_numbers(study: MergingStudy, where: str, targets: Sequence[str]) -> None:
    """Raise InputError unless each task is asked with the same two numbers of rows or more.

    Of two targets of one task with the same number one would be passed over, and a number that not
    every task has would have a mean over other tasks.
    """
    first: dict[tuple[str, int], str] = {}
    for target in targets:
        number = labelled(study, target)
        other = first.setdefault((family(study, target), number), target)
        if other != target:
            raise InputError(
                "config",
                where,
                {other: number, target: number},
                "of each task one target for each number of labelled rows",
                "name one of the two, or give it another number",
            )
    numbers: dict[str, list[int]] = {}
    for task, number in sorted(first):
        numbers.setdefault(task, []).append(number)
    if any(len(own) < 2 or own != next(iter(numbers.values())) for own in numbers.values()):
        raise InputError(
            "config",
            where,
            numbers,
            "the same numbers of labelled rows of each task, two or more",
            "add tasks with fewer_of and a split, or leave targets out",
        )


def _check_task(study: MergingStudy, name: str, other: str) -> None:
    where = f"tasks.{name}"
    require(f"{where}.fewer_of", other, study.tasks, "a task")
    task, whole = study.tasks[name], study.tasks[other]
    own = task.model_dump(exclude={*OWN}, exclude_none=True)
    if own != _shared(other, whole.model_dump(exclude_none=True)):
        raise InputError(
            "config",
            where,
            own,
            f"what tasks.{other} says, whose rows they are",
            f"remove all keys but {' and '.join(OWN)}",
        )
    asked, there = (study.split.of_task(one.split) for one in (task, whole))
    for key in ("train", "valid"):
        if asked[key] > there[key]:
            raise InputError(
                "config",
                f"{where}.split.{key}",
                asked[key],
                f"at most {there[key]}, as in tasks.{other}",
                "ask for fewer, or for more there",
            )
    for key in ("test", "candidates"):
        if asked[key] != there[key]:
            raise InputError(
                "config",
                f"{where}.split.{key}",
                asked[key],
                f"{there[key]} as in tasks.{other}: the test rows are the same",
                "remove the key",
            )
