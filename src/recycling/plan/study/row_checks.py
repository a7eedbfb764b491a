"""Which rows belong to whom: a target's are never learnt by the pool or drawn by another task."""

from recycling.ground.errors import InputError
from recycling.plan.study.merging import MergingStudy


def check(study: MergingStudy) -> None:
    """Raise InputError where rows of a target reach what is tested on them, or two tasks disagree.

    An adapter of the community that learns a target must learn it from rows that are set aside.
    """
    first: dict[tuple[object, ...], str] = {}
    for name, task in study.tasks.items():
        other = first.setdefault(_rows(study, name), name)
        if task.set_aside != study.tasks[other].set_aside:
            raise InputError(
                "config",
                f"tasks.{name}.set_aside",
                task.set_aside,
                f"{study.tasks[other].set_aside} as in tasks.{other}, which has the same rows",
                "set as many aside in both, or the rows of one are drawn by the other",
            )
    targets = {_rows(study, target): target for target in study.all_targets}
    for adapter, recipe in study.community.items():
        target = targets.get(_rows(study, recipe.task))
        if target is not None and study.tasks[recipe.task].set_aside is None:
            raise InputError(
                "config",
                f"community.{adapter}.task",
                recipe.task,
                f"no rows of target {target!r}: the adapter would know its test rows",
                f"add set_aside to tasks.{recipe.task}, or let the adapter learn another task",
            )


def _rows(study: MergingStudy, name: str) -> tuple[object, ...]:
    """What tells whether two tasks have the same rows, whatever is asked of them."""
    task = study.tasks[name]
    if task.source == "builtin":
        return (task.source, task.options.get("of") or name)
    return (task.source, *(task.options.get(key) for key in ("repo", "path", "config")))
