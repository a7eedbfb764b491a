"""What the experiments of a merging study take: each a table and a paragraph."""

from math import prod

from recycling.plan.study import fewer
from recycling.plan.study.merging import MAIN, Arm, MergingStudy
from recycling.plan.work import base
from recycling.plan.work.merging import merged_arms, tune
from recycling.plan.work.selection import Ranking
from recycling.plan.work.units import units
from recycling.plan.work.verdict import Cell
from recycling.pool import ALL, SELECTORS
from recycling.verdict.experiments import EXPERIMENTS


def experiments(study: MergingStudy) -> list[str]:
    """The experiments beside the main comparison."""
    return [name for name in study.experiments if name != MAIN]


def arms(study: MergingStudy, experiment: str) -> dict[str, Arm]:
    """The arms of an experiment."""
    return {name: study.arms[name] for name in study.experiments[experiment].arms}


def targets(study: MergingStudy, experiment: str) -> list[str]:
    """The targets of an experiment."""
    return study.experiments[experiment].targets


def reference(study: MergingStudy, experiment: str) -> str:
    """The arm that the others of an experiment are compared with; empty if it names none."""
    return study.experiments[experiment].reference or ""


def few(study: MergingStudy, experiment: str) -> list[str]:
    """The targets of an experiment with labelled rows of their own number."""
    return [task for task in targets(study, experiment) if study.tasks[task].split is not None]


def tried(study: MergingStudy, experiment: str) -> dict[str, int]:
    """Arm -> how many configurations are tried of it, or of its fresh LoRA; only what is tuned."""
    tuned = {
        name: arm.merge.tune or tune(study, str(arm.fresh))
        for name, arm in arms(study, experiment).items()
    }
    return {
        name: prod(map(len, about.grid.values()))
        for name, about in tuned.items()
        if about is not None
    }


def labelled(study: MergingStudy, experiment: str) -> dict[str, tuple[str, int]]:
    """Target -> the task whose test rows it has, and how many rows train or validate."""
    return {
        task: (fewer.family(study, task), fewer.labelled(study, task))
        for task in targets(study, experiment)
    }


def ranked(study: MergingStudy, experiment: str) -> list[tuple[str, str, str]]:
    """Selector, task and replicate of its whole-pool rankings, without those by test rows."""
    named = dict.fromkeys(arm.select for arm in arms(study, experiment).values())
    selectors = [name for name in named if name is not None and not SELECTORS[name].by_test_rows]
    return [
        (name, *unit) for name in selectors for unit in units(study, targets(study, experiment))
    ]


def rankings(study: MergingStudy, experiment: str) -> list[str]:
    """The rankings of the whole pool by the selectors of an experiment's arms."""
    return [
        Ranking(selector, ALL, task, replicate).path
        for selector, task, replicate in ranked(study, experiment)
    ]


def merged(study: MergingStudy, experiment: str) -> list[Cell]:
    """The merges of an experiment."""
    names = [arm for arm in arms(study, experiment) if arm in merged_arms(study)]
    return [Cell(arm, *unit) for arm in names for unit in units(study, targets(study, experiment))]


def records(study: MergingStudy, experiment: str) -> list[str]:
    """The merge records of an experiment."""
    return [
        "<results>/merged/" + "/".join(cell) + "/merge.json" for cell in merged(study, experiment)
    ]


def code(_: MergingStudy, experiment: str) -> str:
    """Digest of the script and of the function of this experiment."""
    return base.code("verdict/tabulate_experiment", EXPERIMENTS[experiment].entry)
