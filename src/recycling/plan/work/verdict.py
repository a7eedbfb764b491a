"""What the tables and the verdict of a merging study take."""

from collections.abc import Iterable
from typing import NamedTuple

from recycling.plan.study.merging import MAIN, Arm, MergingStudy
from recycling.plan.wiring import Shards
from recycling.plan.work import merging, selection
from recycling.plan.work.merging import merged_arms
from recycling.plan.work.tasks import task_split
from recycling.plan.work.units import Unit, units
from recycling.pool import SELECTORS
from recycling.verdict.contrasts import without_adapters

FRESH = "fresh LoRA"
# Rule -> the measure that it makes.
MEASURES = {row.measure.rule: row.measure for row in SELECTORS.values() if row.measure is not None}


class Cell(NamedTuple):
    """An arm in one unit."""

    arm: str
    task: str
    replicate: str


class Job(NamedTuple):
    """Work of the workflow that a user of some arm would pay for."""

    work: str
    """The rule, or rule/variant where a rule works for one selector or recipe alone."""
    arm: str
    """The arm that it is done for; empty if all arms share it."""
    task: str
    replicate: str
    stem: str
    """What tells the files of this job from those of others of that work."""

    @property
    def seconds(self) -> str:
        """The file with its seconds, without those in which its process started."""
        return f"<results>/seconds/{self.work}/{self.stem}.tsv"

    @property
    def record(self) -> str:
        """The file that holds its tokens."""
        rule, _, variant = self.work.partition("/")
        if rule == "train_fresh":
            return f"<results>/fresh/{variant}/{self.stem}/training.json"
        if rule == "tune_fresh":
            return f"<results>/fresh_tuning/{variant}/{self.stem}/choice.json"
        if rule == "train_fold":
            return f"<results>/fresh_folds/{variant}/{self.stem}/training.json"
        if rule == "merge_adapters":
            return f"<results>/merged/{self.stem}/merge.json"
        return f"<results>/{MEASURES[rule].folder}/{variant}/{self.stem}.json".replace("//", "/")


def main_arms(study: MergingStudy) -> dict[str, Arm]:
    """The arms of the main comparison, which tables, verdict and figures are about."""
    return {name: study.arms[name] for name in study.experiments[MAIN].arms}


def main_targets(study: MergingStudy) -> list[str]:
    """The targets of the main comparison."""
    return study.experiments[MAIN].targets


def main_units(study: MergingStudy) -> list[Unit]:
    """The units of the main comparison."""
    return units(study, main_targets(study))


# training curves


def curves(study: MergingStudy) -> list[Cell]:
    """What may have a training curve; that of a merge that trains nothing is empty."""
    merged = merged_arms(study)
    names = [FRESH, *(name for name in main_arms(study) if name in merged)]
    return [Cell(name, *unit) for name in names for unit in main_units(study)]


def curve_files(study: MergingStudy) -> list[str]:
    """The training curves of the fresh LoRAs and of the merges."""
    return [
        f"<results>/fresh/fresh/{task}/{replicate}/curve.tsv"
        if arm == FRESH
        else f"<results>/merged/{arm}/{task}/{replicate}/curve.tsv"
        for arm, task, replicate in curves(study)
    ]


# tuning


def tunings(study: MergingStudy) -> list[Cell]:
    """The arms that are tuned, or whose fresh LoRA is, in each of their units."""
    return [
        Cell(name, *unit)
        for name, arm in study.arms.items()
        if arm.merge.tune is not None or merging.tune(study, str(arm.fresh)) is not None
        for unit in units(study, arm.targets)
    ]


def tuning_files(study: MergingStudy) -> list[str]:
    """What was tried for each of them."""
    return [
        f"<results>/merged/{arm}/{task}/{replicate}/tuning.tsv"
        if study.arms[arm].merge.tune is not None
        else f"<results>/fresh_tuning/{study.arms[arm].fresh}/{task}/{replicate}/tuning.tsv"
        for arm, task, replicate in tunings(study)
    ]


# costs


def paid_work(arm: Arm) -> list[str]:
    """The work that a user of this arm must pay for, named as the folders of its seconds.

    Twins cost what the real arm costs: their adapters are selected the same way.
    """
    work = set()
    if arm.select is not None:
        work |= {_measuring(arm.select)} - {""}
        work |= {"train_fresh/fresh"} if SELECTORS[arm.select].needs_fresh else set()
    if arm.fresh:
        work.add(f"train_fresh/{arm.fresh}")
    if arm.folds:
        work.add(f"train_fold/{arm.fresh}/{arm.folds}")
    if arm.merge.method != "none":
        work.add("merge_adapters")
    return sorted(work)


def paid(study: MergingStudy) -> dict[str, list[str]]:
    """Arm of the main comparison -> the work that its user must pay for."""
    return {
        name: sorted([*paid_work(arm), *_paid_tuning(study, arm)])
        for name, arm in main_arms(study).items()
    }


def _paid_tuning(study: MergingStudy, arm: Arm) -> list[str]:
    """The tuning of the fresh LoRA of an arm; that of a merge is part of the merge."""
    recipe = str(arm.fresh)
    return [f"tune_fresh/{recipe}"] if merging.tune(study, recipe) is not None else []


def _measuring(selector: str) -> str:
    """The work that measures the pool for a selector; empty for one that costs nothing."""
    row = SELECTORS[selector]
    if row.measure is None:
        return ""
    return f"{row.measure.rule}/{selector}" if row.own_work else row.measure.rule


def jobs(study: MergingStudy, shards: Shards) -> list[Job]:
    """Every job that a user of some arm of the main comparison would pay for."""
    arms = main_arms(study)
    merged = merged_arms(study)
    measures = {
        _measuring(arm.select): SELECTORS[arm.select].measure
        for arm in arms.values()
        if arm.select is not None
    }
    found = []
    for work, measure in sorted(measures.items(), key=lambda item: item[0]):
        if measure is not None:
            found += _by_part(work, selection.measured_parts(measure, shards), main_units(study))
    trained = {work for works in paid(study).values() for work in works}
    for work in sorted(
        name for name in trained if name.startswith(("train_fresh/", "tune_fresh/"))
    ):
        found += [Job(work, "", *unit, "/".join(unit)) for unit in main_units(study)]
    for recipe, folds in sorted(
        {(str(arm.fresh), arm.folds) for arm in arms.values() if arm.folds}
    ):
        parts = [str(fold) for fold in range(folds)]
        found += _by_part(f"train_fold/{recipe}/{folds}", parts, main_units(study))
    return found + [
        Job("merge_adapters", arm, *unit, "/".join((arm, *unit)))
        for arm in arms
        if arm in merged
        for unit in main_units(study)
    ]


def _by_part(work: str, parts: Iterable[str], of: Iterable[Unit]) -> list[Job]:
    return [Job(work, "", *unit, "/".join((*unit, part))) for unit in of for part in parts]


def job_seconds(study: MergingStudy, shards: Shards) -> list[str]:
    """The file with the seconds of each job."""
    return [job.seconds for job in jobs(study, shards)]


def job_records(study: MergingStudy, shards: Shards) -> list[str]:
    """The file with the tokens of each job."""
    return [job.record for job in jobs(study, shards)]


def job_cells(study: MergingStudy, shards: Shards) -> list[tuple[str, str, str, str]]:
    """Work, arm, task and replicate of each job, in the order of its files."""
    return [(job.work, job.arm, job.task, job.replicate) for job in jobs(study, shards)]


# the page


def about(study: MergingStudy) -> dict[str, str | bool | int | dict[str, str]]:
    """What the verdict must know beside its tables: fields of `verdict.page.About`."""
    return {
        "study": study.study,
        "tasks_are": study.statistics.tasks,
        "resampled": study.protocol.resample,
        "primary_named": bool(study.statistics.primary),
        "folds": study.folds,
        "bare": without_adapters(main_arms(study)),
    }


def task_records(study: MergingStudy) -> list[str]:
    """What is kept of each unit's task: it counts the rows that were used."""
    return [
        f"<results>/tasks/{task}/{replicate}/task.json" for task, replicate in main_units(study)
    ]


def asked_rows(study: MergingStudy) -> dict[str, dict[str, int]]:
    """Target -> how many rows the study file asks for."""
    return {task: task_split(study, task) for task in main_targets(study)}
