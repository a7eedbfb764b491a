"""A catalogue of tasks in a file of its own, with the commits of their data sets in one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from recycling.ground.errors import InputError

KEYS = {"pins", "commits_in_public_code", "types", "unavailable", "tasks"}


def read(path: str) -> dict[str, Any]:
    """The tasks of the catalogue at `path`, those of a data set with the commit of its pin.

    Raises:
        InputError: no such file, keys that a catalogue has not, or a data set without a pin.
    """
    try:
        content = yaml.safe_load(Path(path).read_text())
    except (OSError, yaml.YAMLError) as error:
        raise InputError(
            "config", "tasks_from", str(error), "a readable catalogue", "correct the path"
        ) from error
    if not isinstance(content, Mapping) or content.keys() - KEYS or "tasks" not in content:
        found = sorted(content) if isinstance(content, Mapping) else content
        raise InputError(path, "keys", found, f"tasks, and of {sorted(KEYS)}", "correct the file")
    pins = content.get("pins", {})
    tasks = {name: dict(task) for name, task in content["tasks"].items()}
    for name, task in tasks.items():
        if "repo" in task and "commit" not in task:
            if task["repo"] not in pins:
                raise InputError(
                    path, f"tasks.{name}.repo", task["repo"], "a data set of pins", "add it there"
                )
            task["commit"] = pins[task["repo"]]
    return tasks
