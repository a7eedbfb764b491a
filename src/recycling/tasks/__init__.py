"""Where examples come from: built-in libraries, the user's files, data sets of the Hub."""

from typing import TYPE_CHECKING, Any

from recycling.ground import registry

if TYPE_CHECKING:
    from recycling.tasks.record import Task

SOURCES = {
    "builtin": "recycling.tasks.builtin:load",
    "file": "recycling.tasks.files:load",
    "hub": "recycling.tasks.hub_data:load",
}


def load(name: str, source: str, **options: Any) -> "Task":
    """The task `name` from `source`, a name in `SOURCES`, with the options of that source.

    Raises:
        InputError: no such source, an option it does not have, or data it cannot use.
    """
    registry.check(SOURCES, source, options, f"tasks.{name}")
    task: Task = registry.load(SOURCES[source])(name, **options)
    return task
