"""The units of a merging study: each of its targets, in each replicate."""

from collections.abc import Iterable
from typing import NamedTuple

from recycling.ground import seeds
from recycling.plan.study.merging import MergingStudy


class Unit(NamedTuple):
    """A target in one replicate: what one set of labelled rows is drawn for."""

    task: str
    replicate: str


def replicates(study: MergingStudy) -> list[str]:
    """The replicates by their names, which are numbers from 0."""
    return [str(number) for number in range(study.replicates)]


def units(study: MergingStudy, targets: Iterable[str] | None = None) -> list[Unit]:
    """Every unit of these targets; without them, of all targets of any arm."""
    chosen = study.all_targets if targets is None else targets
    return [Unit(task, replicate) for task in chosen for replicate in replicates(study)]


def replicate_seed(study: MergingStudy, task: str, replicate: str) -> int:
    """The root of all randomness of one replicate of a task."""
    return seeds.derive(study.seed, "replicate", task, replicate)
