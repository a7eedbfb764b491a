"""Whether the rows of a study's own files are so few that each is tested by folds."""

from pathlib import Path

from recycling.plan.study.merging import MergingStudy
from recycling.tasks import jsonl
from recycling.tasks.cross_validation import FOLDS


def with_folds(study: MergingStudy) -> MergingStudy:
    """The study with its folds, where it does not say and the file of a target has too few rows.

    All targets of a study have as many folds. Only files are looked at, because the rows of other
    sources are not known while a plan is made. A file that is not here, as on a node of a cluster,
    counts for nothing: a job that is sent there is of one fold already. Raises InputError for a
    file that cannot be read.
    """
    if study.split.folds is not None or not any(_few(study, task) for task in study.all_targets):
        return study
    return study.model_copy(update={"split": study.split.model_copy(update={"folds": FOLDS})})


def _few(study: MergingStudy, task: str) -> bool:
    of = study.tasks[task]
    if of.source != "file" or not Path(of.options["path"]).exists():
        return False
    asked = study.split.of_task(of.split)
    rows = asked["train"] + asked["valid"] + asked["test"] + (of.set_aside or 0)
    return jsonl.count(of.options["path"], rows) < rows
