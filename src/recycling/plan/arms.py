"""Arms that a study spells short: grids of arms, their targets, and the experiments they belong to.

`complete` in `config` calls these; they keep what is already spelled out as it is.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from recycling.ground.errors import InputError

MAIN = "main_comparison"


def expanded(arms: Mapping[str, Any]) -> dict[str, Any]:
    """Every arm with a `grid` of axes as one arm for each combination of their values.

    `{axis}` in the name and every value `"{axis}"` of the arm stand for the value on that axis.
    Raises InputError for an axis without values and for combinations that share a name.
    """
    found: dict[str, Any] = {}
    for pattern, arm in arms.items():
        if not isinstance(arm, Mapping) or "grid" not in arm:
            points: list[dict[str, Any]] = [{}]
        else:
            points = _points(f"arms.{pattern}.grid", arm["grid"])
            arm = {key: value for key, value in arm.items() if key != "grid"}
        for point in points:
            name = pattern
            for axis, value in point.items():
                name = name.replace(f"{{{axis}}}", re.sub(r"[^a-z0-9_]+", "_", str(value).lower()))
            if name in found:
                raise InputError(
                    "config",
                    f"arms.{pattern}",
                    name,
                    "another name for each arm",
                    "put every axis of the grid into the name, as {axis}",
                )
            found[name] = _put(arm, point)
    return found


def fill_targets(study: dict[str, Any]) -> None:
    """Give each arm its targets: those of the study unless it names tasks of its own.

    Raises InputError for a target of the study that no arm has.
    """
    arms = study["arms"]
    for name, arm in arms.items():
        arm.setdefault("targets", list(study["targets"]))
        _check_targets(f"arms.{name}.targets", arm["targets"], list(study["tasks"]))
    for position, target in enumerate(study["targets"]):
        if not any(target in arm["targets"] for arm in arms.values()):
            raise InputError(
                "config", f"targets.{position}", target, "a target of some arm", "give it an arm"
            )


def all_targets(study: Mapping[str, Any]) -> list[str]:
    """The targets of the study and those that only some arms have."""
    own = [target for arm in study["arms"].values() for target in arm["targets"]]
    return list(dict.fromkeys([*study["targets"], *own]))


def fill_experiments(study: dict[str, Any]) -> None:
    """Spell out the arms of each experiment, and its targets: those that all its arms share.

    An experiment has every one of its arms on every one of its targets. The main comparison, which
    the verdict is about, is of all arms unless the study says otherwise.
    """
    experiments = study["experiments"]
    experiments.setdefault(MAIN, {"arms": ["*"]})
    for name, experiment in experiments.items():
        where = f"experiments.{name}"
        experiment["arms"] = _matching(f"{where}.arms", experiment["arms"], study["arms"])
        shared = [
            target
            for target in all_targets(study)
            if all(target in study["arms"][arm]["targets"] for arm in experiment["arms"])
        ]
        experiment.setdefault("targets", shared)
        reference = experiment.get("reference")
        if reference is not None and reference not in experiment["arms"]:
            raise InputError(
                "config",
                f"{where}.reference",
                reference,
                f"one of {experiment['arms']}",
                "name one of its arms",
            )
        if not experiment["targets"]:
            raise InputError(
                "config",
                f"{where}.arms",
                experiment["arms"],
                "arms that share a target",
                "give the experiment fewer arms, or its arms more targets",
            )
        _check_targets(f"{where}.targets", experiment["targets"], shared)


def adapters(arm: Mapping[str, Any]) -> float:
    """How many adapters an arm has at most; infinite where it takes the whole pool."""
    k = arm.get("k", 0)
    return (float("inf") if k == "all" else k) + bool(arm["fresh"])


def _points(where: str, grid: Any) -> list[dict[str, Any]]:
    if not isinstance(grid, Mapping) or not all(
        isinstance(values, list) and values for values in grid.values()
    ):
        raise InputError("config", where, grid, "a list of values for each axis", "mend the grid")
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def _put(value: Any, point: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _put(inner, point) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, point) for inner in value]
    if isinstance(value, str) and value[:1] == "{" and value[1:-1] in point:
        return point[value[1:-1]]
    return value


def _matching(where: str, patterns: list[str], arms: Mapping[str, Any]) -> list[str]:
    for pattern in patterns:
        if not any(fnmatchcase(arm, pattern) for arm in arms):
            raise InputError(
                "config",
                where,
                pattern,
                f"an arm or a pattern like design_*, of {list(arms)}",
                "correct the name or add the arm",
            )
    return [arm for arm in arms if any(fnmatchcase(arm, pattern) for pattern in patterns)]


def _check_targets(where: str, given: list[str], allowed: list[str]) -> None:
    for target in given:
        if target not in allowed:
            raise InputError(
                "config", where, target, f"one of {allowed}", "correct it or add it there"
            )
