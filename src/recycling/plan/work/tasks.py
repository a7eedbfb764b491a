"""What the preparation of a task takes."""

from recycling.ground import seeds
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.preconditions import PreconditionsStudy
from recycling.plan.study.tasks import TargetTask
from recycling.plan.work import base
from recycling.tasks import SOURCES, cross_validation
from recycling.tasks.aside import Aside
from recycling.tasks.fewer_rows import Whole


def task_source(study: MergingStudy, task: str) -> str:
    """Where the examples of a task come from, a name in `tasks.SOURCES`."""
    return study.tasks[task].source


def task_options(study: MergingStudy, task: str) -> dict[str, object]:
    """The options of the task's source."""
    return study.tasks[task].options


def task_split(study: MergingStudy, task: str) -> dict[str, int]:
    """Rows of a task: the study's, but for what the task says itself."""
    return study.split.of_task(study.tasks[task].split)


def whole(study: MergingStudy, task: str) -> Whole | None:
    """The task that has more labelled rows and the same test rows; None for one by itself."""
    other = study.tasks[task].fewer_of
    return None if other is None else Whole(other, task_split(study, other))


def set_aside(study: MergingStudy | PreconditionsStudy, task: str) -> Aside | None:
    """The rows of a task that no replicate draws; None where there are none."""
    about = study.tasks[task]
    count = about.set_aside if isinstance(about, TargetTask) else None
    return None if count is None else Aside(count, seeds.derive(study.seed, "set aside"))


def task_file(study: MergingStudy, task: str) -> str | list[str]:
    """The user's own file, so that an edit of it is noticed; nothing for other sources."""
    path: str | list[str] = study.tasks[task].options.get("path", [])
    return path


def labelled_replicate(study: MergingStudy, replicate: str) -> str:
    """The replicate whose rows are drawn: its own, or the first where all have the same rows."""
    if study.protocol.resample:
        return replicate
    return cross_validation.of_first(replicate)


def task_code(study: MergingStudy, task: str) -> str:
    """Digest of the script and of this task's source."""
    return base.code("tasks/prepare_task", SOURCES[study.tasks[task].source])
