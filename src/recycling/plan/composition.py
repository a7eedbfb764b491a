"""The checks of a composition study's configuration that a schema cannot make."""

from collections.abc import Iterable, Mapping
from typing import Any

from recycling.composition import METHODS, ORACLES, SUBJECTS
from recycling.ground import registry
from recycling.ground.errors import InputError

TWINS = "recycling.adapters.twins:TWINS"
# Keys of a rule beside `method` and the options of that method.
EXTRAS = ("twin", "general", "prototypes", "trained_on")


def check(study: Mapping[str, Any]) -> None:
    """Raise InputError for a name that the configuration or a table does not have."""
    for name, subject in study["subjects"].items():
        registry.check(SUBJECTS, name, subject["material"], f"subjects.{name}")
        if "pretraining" not in subject and "base" not in study:
            raise InputError(
                "config",
                f"subjects.{name}",
                "neither pretraining nor a base to fetch",
                "one of the two",
                "give the subject model and pretraining, or the study base.source",
            )
    for name, rule in study["rules"].items():
        options = {key: value for key, value in rule.items() if key not in ("method", *EXTRAS)}
        registry.check(methods(), rule["method"], options, f"rules.{name}.method")
        if "twin" in rule:
            _require(f"rules.{name}.twin", rule["twin"], registry.table(TWINS), "a kind of twin")
    for name, scene in study["scenes"].items():
        where = f"scenes.{name}"
        _require(f"{where}.subject", scene["subject"], study["subjects"], "a subject")
        module = SUBJECTS[scene["subject"]].partition(":")[0]
        _require(f"{where}.base", scene["base"], registry.table(f"{module}:BASES"), "a base")
        settings = registry.table(f"{module}:SETTINGS")
        _require(f"{where}.setting", scene["setting"], settings, "a setting")
        for key in ("libraries", "rules"):
            for chosen in scene[key]:
                _require(f"{where}.{key}", chosen, study[key], f"one of the study's {key}")


def methods() -> dict[str, str]:
    """The merges of all studies, and the merges and oracles that only this kind compares."""
    return registry.table("recycling.merging:METHODS") | METHODS | ORACLES


def recipe(study: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A scene with its libraries and rules spelled out; each expert is a library too.

    Its experts are those of its libraries, then the `general` ones of its rules.
    """
    scene = study["scenes"][name]
    libraries = {library: study["libraries"][library] for library in scene["libraries"]}
    rules = {rule: study["rules"][rule] for rule in scene["rules"]}
    named = [*libraries.values(), *(rule.get("general", []) for rule in rules.values())]
    experts = list(dict.fromkeys(expert for group in named for expert in group))
    return {
        "setting": scene["setting"],
        "experts": experts,
        "libraries": {**{expert: [expert] for expert in experts}, **libraries},
        "rules": rules,
    }


def most_asked(scenes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The scenes of the base that has been asked in most settings, to compare these."""
    bases = [scene["base"] for scene in scenes.values()]
    base = max(bases, key=bases.count)
    return [name for name, scene in scenes.items() if scene["base"] == base]


def _require(key: str, value: str, known: Iterable[str], what: str) -> None:
    if value not in known:
        raise InputError(
            "config", key, value, f"{what}, one of {sorted(known)}", "correct it or declare it"
        )
