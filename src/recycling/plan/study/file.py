"""From the keys of a study file to its record: completed and checked, or refused in one line.

Each fault names the key, the value, what is allowed and what to do.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recycling.ground.errors import InputError
from recycling.plan.study import (
    arms,
    composition_checks,
    faults,
    merging_checks,
    preconditions_checks,
    replay_checks,
    yaml_values,
)
from recycling.plan.study.composition import CompositionStudy
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.preconditions import PreconditionsStudy
from recycling.plan.study.replay import ReplayStudy
from recycling.tasks import catalogue

Study = MergingStudy | CompositionStudy | PreconditionsStudy | ReplayStudy
# Each kind of study: its record, and what completes and checks it beyond its keys.
KINDS: dict[str, tuple[type[Study], Callable[[Any], Study]]] = {
    "merging": (MergingStudy, merging_checks.checked),
    "composition": (CompositionStudy, composition_checks.checked),
    "preconditions": (PreconditionsStudy, preconditions_checks.checked),
    "replay": (ReplayStudy, replay_checks.checked),
}


def opened(config: Mapping[str, Any], files: Iterable[str | Path], *, look: bool) -> Study:
    """The study that `config` is, as Snakemake has read it from `files`.

    With `look` the files are read for keys that are given twice, and the user's own files must be
    there: jobs need not look again. Raises InputError at the first fault.
    """
    if look:
        for file in files:
            yaml_values.check_keys(Path(file))
    study = complete(config)
    if look:
        check_files(study)
    return study


def complete(config: Mapping[str, Any]) -> Study:
    """The record of a study with all defaults; raises InputError at the first fault."""
    keys: dict[str, Any] = yaml_values.copied(dict(config))
    kind = keys.setdefault("kind", "merging")
    faults.require("kind", kind, sorted(KINDS), "a kind of study")
    if kind == "merging":
        _spell_out(keys)
    record, checked = KINDS[kind]
    try:
        study = record.model_validate(keys)
    except ValidationError as error:
        raise faults.described(error) from None
    return checked(study)


def _spell_out(keys: dict[str, Any]) -> None:
    # What is no text and no mapping is left for the record to refuse.
    own = keys.get("tasks", {})
    if isinstance(keys.get("tasks_from"), str) and isinstance(own, dict):
        keys["tasks"] = catalogue.read(keys["tasks_from"]) | own
        keys.setdefault("targets", list(keys["tasks"]))
    if isinstance(keys.get("arms"), dict):
        keys["arms"] = arms.expanded(keys["arms"])


def keys_of(study: Study) -> dict[str, Any]:
    """What a study file says that says all: `complete` makes the same study of it."""
    return study.model_dump(exclude_none=True)


def check_files(study: Study) -> None:
    """Raise InputError unless the user's own files and hub folder are there."""
    if not isinstance(study, MergingStudy | PreconditionsStudy):
        return  # A replay's files need not be there: they can be fetched.
    for name, task in study.tasks.items():
        if task.source == "file":
            path = task.options["path"]
            _require_path(f"tasks.{name}.path", path, Path(path).is_file(), "a file")
    hub = study.pool.hub
    if hub.kind == "folder":
        assert hub.path is not None
        there = Path(hub.path).expanduser().is_dir()
        _require_path("pool.hub.path", hub.path, there, "a folder")
    if isinstance(study, PreconditionsStudy):
        there = Path(study.questions).is_file()
        _require_path("questions", study.questions, there, "a file")
        preconditions_checks.check_questions(study)


def _require_path(key: str, path: str, there: bool, what: str) -> None:
    # Snakemake takes braces and angle brackets in paths for wildcards and pathvars.
    if not there or set(path) & set("{}<>"):
        remedy = "correct the path; it is read from the folder that the run starts in"
        raise InputError("config", key, path, f"{what} whose path has none of {{}}<>", remedy)
