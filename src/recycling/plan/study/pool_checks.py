"""What base, hub, community and tasks must be together, in every study that has a pool."""

from collections.abc import Mapping

from recycling.community.defects import DEFECTS
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.model import BASE_SOURCES
from recycling.plan.study.base import Base, BaseSource
from recycling.plan.study.faults import require
from recycling.plan.study.pool import Community, Hub
from recycling.plan.study.tasks import Task
from recycling.tasks import SOURCES
from recycling.tasks.builtin import BUILTIN


def check(base: Base, hub: Hub, community: Community, tasks: Mapping[str, Task]) -> None:
    """Raise InputError unless the pool of adapters can be had, and trained where it is to be."""
    known = sorted(tasks)
    for adapter, recipe in community.items():
        require(f"community.{adapter}.task", recipe.task, known, "a task", "declare it")
        if recipe.defect is not None:
            require(f"community.{adapter}.defect", recipe.defect, sorted(DEFECTS), "a defect")
        if recipe.stop is not None and recipe.stop > recipe.steps:
            raise InputError(
                "config",
                f"community.{adapter}.stop",
                recipe.stop,
                f"at most its steps = {recipe.steps}",
                "stop earlier, or remove the key",
            )
    for name, task in tasks.items():
        registry.check(SOURCES, task.source, task.options, f"tasks.{name}.source")
        if task.source == "builtin":
            of = task.options.get("of") or name
            require(f"tasks.{name}", of, sorted(BUILTIN), "a built-in task", "use source: file")
    check_source(base.source)
    if (hub.kind == "folder") != (hub.path is not None):
        found = hub.model_dump(exclude_none=True)
        expected = "a path with kind folder, none otherwise"
        raise InputError("config", "pool.hub", found, expected, "correct the hub")
    if hub.kind == "community" and hub.ids is not None:
        expected = "no list with kind community"
        raise InputError("config", "pool.hub.ids", hub.ids, expected, "remove the key")
    if hub.kind != "community" and hub.cards is not None:
        expected = "no such key but with kind community, whose cards the study writes"
        raise InputError("config", "pool.hub.cards", hub.cards, expected, "remove the key")
    if hub.kind == "community" and not community:
        remedy = "add recipes or use a folder hub"
        raise InputError("config", "community", {}, "at least one recipe", remedy)


def check_source(source: BaseSource) -> None:
    """Raise InputError unless the base can be fetched from there with these options."""
    registry.check(BASE_SOURCES, source.kind, source.options, "base.source.kind")
