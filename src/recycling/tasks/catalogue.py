"""A catalogue of tasks in a file of its own, with the commits of their data sets in one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recycling.ground import yaml_values
from recycling.ground.errors import InputError

KEYS = {"pins", "commits_in_public_code", "types", "unavailable", "tasks"}


def read(path: str) -> dict[str, Any]:
    """The tasks of the catalogue at `path`, those of a data set with the commit of its pin.

    Raises:
        InputError: what is no catalogue, in one line, or a data set without a pin.
    """
    content = yaml_values.read(Path(path))
    if not isinstance(content, Mapping) or content.keys() - KEYS or "tasks" not in content:
        found = list(content) if isinstance(content, Mapping) else content
        raise InputError(path, "keys", found, f"tasks, and of {sorted(KEYS)}", "correct the file")
    pins = _mapping(path, "pins", content.get("pins", {}))
    tasks = {
        name: dict(_mapping(path, f"tasks.{name}", task))
        for name, task in _mapping(path, "tasks", content["tasks"]).items()
    }
    for name, task in tasks.items():
        if "repo" in task and "commit" not in task:
            if not isinstance(task["repo"], str) or task["repo"] not in pins:
                raise InputError(
                    path, f"tasks.{name}.repo", task["repo"], "a data set of pins", "add it there"
                )
            task["commit"] = pins[task["repo"]]
    return tasks


def _mapping(path: str, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(path, key, value, "keys with values", "correct the file")
    return value
