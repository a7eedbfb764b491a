"""Arms that a study file spells short: grids of arms, their targets, and their experiments."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from typing import Any

from recycling.ground.errors import InputError
from recycling.plan.study.faults import require
from recycling.plan.study.merging import MAIN, Arm, Experiment, MergingStudy
from recycling.pool import ALL

Point = dict[str, Any]

# The largest study that is shipped has 122; planning takes minutes for thousands.
MOST_ARMS = 2000


def expanded(arms: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Every arm with a `grid` of axes as one arm for each combination of their values.

    `{axis}` in the name and every value `"{axis}"` of the arm stand for the value on that axis.
    `sizes` has the adapters of parts of the pool, where they are known; a combination with more
    adapters than its part has is no arm. Raises InputError for an axis without values, for
    combinations that share a name and for more than 2,000 arms.
    """
    found: dict[str, Any] = {}
    for pattern, arm in arms.items():
        grid = arm.get("grid", {}) if isinstance(arm, Mapping) else {}
        points = _points(f"arms.{pattern}.grid", grid, beside=len(found))
        if isinstance(arm, Mapping):
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
            made = _put(arm, point)
            if not grid or not _too_many(made, sizes or {}):
                found[name] = made
    return found


def with_targets(study: MergingStudy) -> MergingStudy:
    """The study with the targets of each arm: the study's unless the arm names tasks of its own.

    Raises InputError for a target of the study that no arm has.
    """
    arms = {
        name: arm.model_copy(update={"targets": arm.targets or list(study.targets)})
        for name, arm in study.arms.items()
    }
    for name, arm in arms.items():
        for target in arm.targets:
            where = f"arms.{name}.targets"
            require(where, target, study.tasks, "a task", "correct it or declare it below tasks")
    for position, target in enumerate(study.targets):
        if not any(target in arm.targets for arm in arms.values()):
            raise InputError(
                "config", f"targets.{position}", target, "a target of some arm", "give it an arm"
            )
    return study.model_copy(update={"arms": arms})


def with_experiments(study: MergingStudy) -> MergingStudy:
    """The study with the arms of each experiment by name, and the targets that these share.

    An experiment has every one of its arms on every one of its targets. The main comparison, which
    the verdict is about, is of all arms unless the study says otherwise. Raises InputError for arms
    and targets that do not exist or do not fit together.
    """
    experiments = {**study.experiments}
    experiments.setdefault(MAIN, Experiment(arms=["*"]))
    found = {name: _completed(study, name, about) for name, about in experiments.items()}
    return study.model_copy(update={"experiments": found})


def _completed(study: MergingStudy, name: str, experiment: Experiment) -> Experiment:
    where = f"experiments.{name}"
    arms = _matching(f"{where}.arms", experiment.arms, study.arms)
    shared = [
        target
        for target in study.all_targets
        if all(target in study.arms[arm].targets for arm in arms)
    ]
    if experiment.reference is not None:
        require(f"{where}.reference", experiment.reference, arms, "one of its arms")
    if not shared:
        raise InputError(
            "config",
            f"{where}.arms",
            arms,
            "arms that share a target",
            "give the experiment fewer arms, or its arms more targets",
        )
    for target in experiment.targets:
        what, remedy = "a target of all its arms", "correct it or add it to the targets of its arms"
        require(f"{where}.targets", target, shared, what, remedy)
    targets = experiment.targets or shared
    return experiment.model_copy(update={"arms": arms, "targets": targets})


def _points(where: str, grid: Any, *, beside: int) -> list[Point]:
    if not isinstance(grid, Mapping) or not all(
        isinstance(values, list) and values for values in grid.values()
    ):
        raise InputError("config", where, grid, "a list of values for each axis", "mend the grid")
    count = prod(len(values) for values in grid.values())
    if beside + count > MOST_ARMS:
        found, remedy = f"{count} arms beside {beside} others", "remove arms or values of a grid"
        raise InputError("config", where, found, f"at most {MOST_ARMS} arms in all", remedy)
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def _too_many(arm: Any, sizes: Mapping[str, int]) -> bool:
    if not isinstance(arm, Mapping) or arm.get("pool", "none") == "none":
        return False
    k, among = arm.get("k"), arm.get("among", ALL)
    size = sizes.get(among) if isinstance(among, str) else None
    return size is not None and isinstance(k, int) and k > size


def _put(value: Any, point: Point) -> Any:
    if isinstance(value, Mapping):
        return {key: _put(inner, point) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, point) for inner in value]
    if isinstance(value, str) and value[:1] == "{" and value[1:-1] in point:
        return point[value[1:-1]]
    return value


def _matching(where: str, patterns: list[str], arms: Mapping[str, Arm]) -> list[str]:
    for pattern in patterns:
        if not any(fnmatchcase(arm, pattern) for arm in arms):
            what = "an arm or a pattern like design_*"
            require(where, pattern, arms, what, "correct the name or add the arm")
    return [arm for arm in arms if any(fnmatchcase(arm, pattern) for pattern in patterns)]
