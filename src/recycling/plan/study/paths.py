"""Paths in a study: each counts from the study file that says it, then from the start folder.

The start folder is the one that a run works in and keeps its results in, `--directory` of
Snakemake. A path of the command line (`--config`) counts from there alone.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from recycling.ground import yaml_values
from recycling.ground.errors import InputError

Key = tuple[str, ...]

# The keys that hold a path; `*` is any name.
PATHS: tuple[Key, ...] = (
    ("tasks_from",),
    ("community_from",),
    ("questions",),
    ("folder",),
    ("base", "source", "path"),
    ("pool", "hub", "path"),
    ("pool", "hub", "ids"),
    ("tasks", "*", "path"),
)


class StudyFiles:
    """The files that a study is read from; a later one overrides an earlier one.

    Raises InputError for a file that cannot be read and for a key that is given twice.
    """

    def __init__(self, files: Iterable[str | Path]) -> None:
        self._contents = [
            (file.absolute().parent, yaml_values.read(file)) for file in map(Path, files)
        ]

    def located(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of `config`, each path that leads somewhere as it counts from the start folder.

        A path below the start folder stays relative, so that a project can be moved.
        """
        keys: dict[str, Any] = yaml_values.copied(dict(config))
        for key, holder in _paths(keys):
            path = _without_tilde(holder[key[-1]])
            places = [folder / path for folder in self._folders(key, path)]
            there = [place for place in places if _is(place, Path.exists)]
            holder[key[-1]] = _from_start(there[0], path) if there else path
        return keys

    def require(self, key: Key, path: str, what: Literal["a file", "a folder"]) -> None:
        """Raise InputError unless the located `path` of a key is there, and Snakemake takes it."""
        there = _is(Path(path), Path.is_file if what == "a file" else Path.is_dir)
        # Snakemake takes braces and angle brackets in paths for wildcards and pathvars.
        odd = set(path) & set("{}<>")
        if not there or odd:
            folders = dict.fromkeys(map(str, self._folders(key, path)))
            counts = "" if Path(path).is_absolute() else ", which counts from "
            raise InputError(
                "config",
                ".".join(key),
                path,
                f"{what} whose path has none of {{}}<>" if odd else f"{what} that is there",
                f"correct the path{counts}{', then from '.join(folders) if counts else ''}",
            )

    def _folders(self, key: Key, path: str) -> list[Path]:
        """The folder of the last file that has this path at this key, then the start folder."""
        said = [
            folder
            for folder, content in self._contents
            if isinstance(found := _value(content, key), str) and _without_tilde(found) == path
        ]
        return [*said[-1:], Path.cwd()]


def _without_tilde(path: str) -> str:
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:  # no such user
        return path


def _is(path: Path, what: Callable[[Path], bool]) -> bool:
    try:
        return what(path)
    except (OSError, ValueError):  # a name that is too long, a folder that may not be read
        return False


def _from_start(found: Path, path: str) -> str:
    """The place `found` of a path, relative where it is below the start folder."""
    start = Path.cwd()
    if found == start / path:
        return path
    whole = os.path.normpath(found.parent.resolve() / found.name)
    return os.path.relpath(whole, start) if Path(whole).is_relative_to(start) else whole


def _paths(keys: dict[str, Any]) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Each path of the keys: its key in full, and the mapping that holds it."""
    for *above, last in PATHS:
        holders: list[tuple[Key, dict[str, Any]]] = [((), keys)]
        for part in above:
            holders = [
                ((*key, name), inner[name])
                for key, inner in holders
                for name in (inner if part == "*" else [part])
                if isinstance(inner.get(name), dict)
            ]
        for key, holder in holders:
            if isinstance(holder.get(last), str):
                yield (*key, last), holder


def _value(content: Any, key: Key) -> Any:
    for part in key:
        content = content.get(part) if isinstance(content, Mapping) else None
    return content
