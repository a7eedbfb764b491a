"""The units of a merging study: each of its targets, in each replicate or fold of one."""

from collections.abc import Iterable
from typing import NamedTuple

from recycling.ground import seeds
from recycling.plan.study.merging import MergingStudy
from recycling.tasks import cross_validation


class Unit(NamedTuple):
    """A target in one replicate, or one fold of it: what one set of labelled rows is drawn for."""

    task: str
    replicate: str


def replicates(study: MergingStudy) -> list[str]:
    """The replicates by their names, which are numbers from 0; with folds, those of each."""
    numbers = range(study.replicates)
    if study.folds == 1:
        return [str(number) for number in numbers]
    return [cross_validation.named(n, fold) for n in numbers for fold in range(study.folds)]


def units(study: MergingStudy, targets: Iterable[str] | None = None) -> list[Unit]:
    """Every unit of these targets; without them, of all targets of any arm."""
    chosen = study.all_targets if targets is None else targets
    return [Unit(task, replicate) for task in chosen for replicate in replicates(study)]


def replicate_seed(study: MergingStudy, task: str, replicate: str) -> int:
    """The root of all randomness of one replicate of a task."""
    return seeds.derive(study.seed, "replicate", task, replicate)
