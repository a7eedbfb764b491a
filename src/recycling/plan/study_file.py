"""A study's configuration: completed by its schema, and the checks a schema cannot make.

Imported by the Snakefile, so free of everything heavy. Each fault is one line that names the key,
the value, what is allowed and what to do.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.model.conduct import OURS, PAPER
from recycling.plan import arms, schemas, yaml_values
from recycling.plan import composition as composition
from recycling.plan import preconditions as preconditions
from recycling.plan import replay as replay
from recycling.pool import subpools
from recycling.tasks import catalogue
from recycling.tasks.builtin import BUILTIN

TABLES = {
    "methods": "recycling.merging:METHODS",
    "routed": "recycling.merging:ROUTED",
    "learned": "recycling.merging:LEARNED",
    "selectors": "recycling.pool.selection:SELECTORS",
    "twins": "recycling.adapters.twins:TWINS",
    "trained_twins": "recycling.adapters.twins:TRAINED",
    "task_sources": "recycling.tasks:SOURCES",
    "figures": "recycling.verdict:FIGURES",
    "replay_figures": "recycling.replay:FIGURES",
    "composition_figures": "recycling.composition:FIGURES",
    "preconditions_figures": "recycling.preconditions:FIGURES",
    "experiments": "recycling.verdict.experiments:EXPERIMENTS",
    "base_sources": "recycling.model.fetch:SOURCES",
}


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with all defaults; raises InputError at the first fault."""
    study: dict[str, Any] = yaml_values.copied(dict(config))
    kind = study.setdefault("kind", "merging")
    _require("kind", kind, sorted(KINDS), "a kind of study", "")
    schema, check = KINDS[kind]
    if isinstance(study.get("tasks_from"), str):
        study["tasks"] = catalogue.read(study["tasks_from"]) | study.get("tasks", {})
        study.setdefault("targets", list(study["tasks"]))
    _inherit(study)
    if isinstance(study.get("arms"), dict):
        study["arms"] = arms.expanded(study["arms"])
    schemas.fill(study, schema)
    check(study)
    return study


def check_files(study: Mapping[str, Any]) -> None:
    """Raise InputError unless the user's own files and hub folder are there."""
    if "pool" not in study:
        return  # A replay's files need not be there: they can be fetched.
    for name, task in study["tasks"].items():
        if task["source"] == "file":
            where = f"tasks.{name}.path"
            _require_path(where, task["path"], Path(task["path"]).is_file(), "a file")
    hub = study["pool"]["hub"]
    if hub["kind"] == "folder":
        there = Path(hub["path"]).expanduser().is_dir()
        _require_path("pool.hub.path", hub["path"], there, "a folder")
    if "questions" in study:
        there = Path(study["questions"]).is_file()
        _require_path("questions", study["questions"], there, "a file")
        preconditions.check_questions(study)


def _inherit(study: dict[str, Any]) -> None:
    """Give each variant of the fresh LoRA what it does not change; the schema judges the types."""
    default, variants = study.get("fresh", {}), study.get("fresh_variants", {})
    if isinstance(default, dict) and isinstance(variants, dict):
        for name, changes in variants.items():
            if isinstance(changes, dict):
                variants[name] = {**default, **changes}


def table(name: str) -> dict[str, Any]:
    """One of the tables of interchangeable functions, read without importing its module."""
    return registry.table(TABLES[name])


def _check_merging(study: dict[str, Any]) -> None:
    study["protocol"] = {**(PAPER if study["paper_protocol"] else OURS), **study["protocol"]}
    _check_names(study)
    for name, arm in study["arms"].items():
        _check_arm(study, name, arm)
    arms.fill_targets(study)
    arms.fill_experiments(study)
    for name in study["experiments"]:
        known = [arms.MAIN, *table("experiments")]
        _require(f"experiments.{name}", name, known, "an experiment", "")
    subpools.check(study)


def _check_names(study: Mapping[str, Any]) -> None:
    tasks = sorted(study["tasks"])
    for position, target in enumerate(study["targets"]):
        _require(f"targets.{position}", target, tasks, "a task", "declare it below tasks")
    _check_pool(study)


def _check_pool(study: Mapping[str, Any]) -> None:
    """Base, pool and the tasks that a community trains for, of every study that has a pool."""
    tasks = sorted(study["tasks"])
    for adapter, recipe in study["community"].items():
        _require(f"community.{adapter}.task", recipe["task"], tasks, "a task", "declare it")
    # Where there are no targets, nothing is split.
    apart = ("source", "split") if "split" in study else ("source",)
    for name, task in study["tasks"].items():
        options = {key: value for key, value in task.items() if key not in apart}
        registry.check(table("task_sources"), task["source"], options, f"tasks.{name}.source")
        if task["source"] == "builtin":
            of = options.get("of") or name
            _require(f"tasks.{name}", of, sorted(BUILTIN), "a built-in task", "use source: file")
    source = study["base"]["source"]
    options = {key: value for key, value in source.items() if key != "kind"}
    registry.check(table("base_sources"), source["kind"], options, "base.source.kind")
    hub = study["pool"]["hub"]
    if (hub["kind"] == "folder") != ("path" in hub):
        raise InputError(
            "config", "pool.hub", hub, "a path with kind folder, none otherwise", "correct the hub"
        )
    if hub["kind"] == "community" and "ids" in hub:
        raise InputError(
            "config", "pool.hub.ids", hub["ids"], "no list with kind community", "remove the key"
        )
    if hub["kind"] == "community" and not study["community"]:
        raise InputError(
            "config", "community", {}, "at least one recipe", "add recipes or use a folder hub"
        )


def _check_preconditions(study: dict[str, Any]) -> None:
    _check_pool(study)
    preconditions.check(study)


def _check_arm(study: Mapping[str, Any], name: str, arm: dict[str, Any]) -> None:
    where = f"arms.{name}"
    needed = {"select", "k"} if arm["pool"] != "none" else set()
    needed |= {"twin"} if arm["pool"] == "twins" else set()
    given = {"select", "k", "twin"} & set(arm)
    if needed != given:
        raise InputError(
            "config",
            where,
            sorted(given),
            f"exactly {sorted(needed)} beside pool: {arm['pool']}",
            "add or remove these keys",
        )
    if "select" in arm:
        _require(f"{where}.select", arm["select"], sorted(table("selectors")), "a selector", "")
    by_test = arm.get("select") == "oracle"
    if by_test != ("oracle" in name):
        raise InputError(
            "config",
            "arms",
            name,
            "the word oracle in the name of an arm with select: oracle, and of no other",
            "rename the arm: its scores are an upper bound, wherever they are shown",
        )
    if "twin" in arm:
        _require(f"{where}.twin", arm["twin"], sorted(table("twins")), "a kind of twin", "")
    _check_demonstrations(study, where, arm)
    if arm["fresh"] is True:
        arm["fresh"] = "fresh"
    if arm["fresh"]:
        recipes = ["fresh", *study["fresh_variants"]]
        _require(f"{where}.fresh", arm["fresh"], recipes, "a recipe", "add it to fresh_variants")
    if study["protocol"]["k_counts_fresh"] and arm["fresh"] and arm.get("k") == 1:
        raise InputError(
            "config",
            f"{where}.k",
            1,
            "at least 2, since protocol.k_counts_fresh counts the fresh LoRA",
            "raise k, or do not count the fresh LoRA",
        )
    method = arm["merge"].get("method", "none")
    options = {key: value for key, value in arm["merge"].items() if key != "method"}
    registry.check(table("methods"), method, options, f"{where}.merge.method")
    _check_folds(study, where, arm)
    count = arms.adapters(arm)
    if (method == "none" and count > 1) or (method != "none" and count == 0):
        raise InputError(
            "config",
            f"{where}.merge.method",
            method,
            "none for at most one adapter, another method for some",
            f"this arm has {count} adapters (k and fresh); change one of the two",
        )


def _require_path(key: str, path: str, there: bool, what: str) -> None:
    # Snakemake takes braces and angle brackets in paths for wildcards and pathvars.
    if not there or set(path) & set("{}<>"):
        remedy = "correct the path; it is read from the folder that the run starts in"
        raise InputError("config", key, path, f"{what} whose path has none of {{}}<>", remedy)


def _check_folds(study: Mapping[str, Any], where: str, arm: Mapping[str, Any]) -> None:
    most = study["split"]["train"]
    folds = arm["merge"].get("folds", 2)
    if not 2 <= folds <= most:
        raise InputError(
            "config",
            f"{where}.merge.folds",
            folds,
            f"2 to split.train = {most}",
            "correct the number of folds",
        )
    if "folds" in arm["merge"] and not arm["fresh"]:
        raise InputError(
            "config",
            f"{where}.fresh",
            False,
            "the fresh LoRA, which the folds are of",
            "let it join the arm",
        )


def _check_demonstrations(study: Mapping[str, Any], where: str, arm: Mapping[str, Any]) -> None:
    shown = arm.get("demonstrations", 0)
    if shown > study["split"]["train"]:
        raise InputError(
            "config",
            f"{where}.demonstrations",
            shown,
            f"at most split.train = {study['split']['train']}",
            "show fewer rows",
        )
    if shown and (arm["pool"] != "none" or arm["fresh"]):
        raise InputError(
            "config",
            f"{where}.demonstrations",
            shown,
            "an arm without adapters",
            "remove pool and fresh, or do not show rows",
        )


def _require(key: str, value: str, allowed: list[str], what: str, remedy: str) -> None:
    if value not in allowed:
        raise InputError(
            "config", key, value, f"{what}, one of {allowed}", remedy or "choose one of them"
        )


# The closed schema of each kind of study, and the checks a schema cannot make.
KINDS: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "merging": ("config.schema.yaml", _check_merging),
    "replay": ("replay.schema.yaml", replay.check),
    "composition": ("composition.schema.yaml", composition.check),
    "preconditions": ("preconditions.schema.yaml", _check_preconditions),
}
