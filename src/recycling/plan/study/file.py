"""From the keys of a study file to its record: completed and checked, or refused in one line.

Each fault names the key, the value, what is allowed and what to do.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from recycling.ground import yaml_values
from recycling.plan.study import (
    arms,
    composition_checks,
    drawn,
    faults,
    fewer,
    merging_checks,
    paths,
    preconditions_checks,
    replay_checks,
)
from recycling.plan.study.composition import CompositionStudy
from recycling.plan.study.folds import with_folds
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

    Its paths are found from there: see `paths`. With `look` the user's own files must be there:
    jobs need not look again. Raises InputError at the first fault.
    """
    read = [Path(file) for file in files]
    said = paths.StudyFiles(read)
    keys = said.located(config)
    listed = keys.get("tasks_from")
    if look and isinstance(listed, str):
        said.require(("tasks_from",), listed, "a file")
        said = paths.StudyFiles([listed, *read])
    mix = keys.get("community_from")
    if look and isinstance(mix, str):
        said.require(("community_from",), mix, "a file")
    study = complete(keys)
    if look:
        check_files(study, said)
    return with_folds(study) if isinstance(study, MergingStudy) else study


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
        listed = {"tasks": catalogue.read(keys["tasks_from"])}
        keys["tasks"] = paths.StudyFiles([keys["tasks_from"]]).located(listed)["tasks"] | own
        keys.setdefault("targets", list(keys["tasks"]))
    if isinstance(keys.get("tasks"), dict):
        keys["tasks"] = fewer.inherited(keys["tasks"])
    if isinstance(keys.get("arms"), dict):
        keys["arms"] = arms.expanded(keys["arms"], drawn.sizes(keys))


def left_out(config: Mapping[str, Any]) -> list[str]:
    """The arms of grids that a study does without: its community has too few adapters for them."""
    given = config.get("arms")
    known = given if isinstance(given, Mapping) else {}
    kept = arms.expanded(known, drawn.sizes(config))
    return [name for name in arms.expanded(known) if name not in kept]


def keys_of(study: Study) -> dict[str, Any]:
    """What a study file says that says all: `complete` makes the same study of it."""
    return study.model_dump(exclude_none=True)


def check_files(study: Study, said: paths.StudyFiles) -> None:
    """Raise InputError unless the user's own files and folders are there.

    `said` are the files that the study was read from.
    """
    if isinstance(study, ReplayStudy):
        return  # A replay's files need not be there: they can be fetched.
    source = study.base.source if study.base is not None else None
    if source is not None and source.kind == "path":
        said.require(("base", "source", "path"), source.options["path"], "a folder")
    if isinstance(study, CompositionStudy):
        return
    for name, task in study.tasks.items():
        if "path" in task.options:
            what: Literal["a file", "a folder"] = "a file" if task.source == "file" else "a folder"
            said.require(("tasks", name, "path"), task.options["path"], what)
    hub = study.pool.hub
    if hub.path is not None:
        said.require(("pool", "hub", "path"), hub.path, "a folder")
    if hub.ids is not None:
        said.require(("pool", "hub", "ids"), hub.ids, "a file")
    if isinstance(study, PreconditionsStudy):
        said.require(("questions",), study.questions, "a file")
        preconditions_checks.check_questions(study)
