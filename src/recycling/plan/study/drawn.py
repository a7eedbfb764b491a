"""A study whose community is drawn: its adapters, their tasks, and who is related to targets."""

from collections.abc import Mapping
from typing import Any

from recycling.community import drawing
from recycling.community.defects import DEFECTS
from recycling.plan.study import mix
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.pool import CommunityRecipe, Kin
from recycling.plan.study.tasks import TargetTask
from recycling.pool import ALL
from recycling.tasks.builtin import BUILTIN

Families = dict[str, list[str]]


def sizes(keys: Mapping[str, Any]) -> dict[str, int]:
    """Part of the pool -> how many adapters it has, from the `keys` of a study as they are given.

    A part that would be the whole community has none, so that a grid of parts leaves it out. Empty
    where no number of adapters to draw is given.
    """
    count, pool = keys.get("community_count"), keys.get("pool")
    parts = pool.get("subpools", {}) if isinstance(pool, Mapping) else {}
    if not isinstance(count, int) or not isinstance(parts, Mapping):
        return {}
    first = {
        name: part["first"]
        for name, part in parts.items()
        if isinstance(part, Mapping) and isinstance(part.get("first"), int)
    }
    return {ALL: count} | {name: size if size < count else 0 for name, size in first.items()}


def with_community(study: MergingStudy) -> MergingStudy:
    """The study with the adapters of its `community_from` in front of those of its `community`.

    Built-in tasks that they learn are declared, and targets without kin get it: adapters of the
    target's own task are the same, those of its family siblings. Raises InputError for a mix that
    is none.
    """
    if study.community_from is None:
        return study
    families, counts = _families(study), mix.read(study.community_from)
    count = study.community_count or counts.size
    made = drawing.drawn(counts, families, study.targets, sorted(DEFECTS), count, study.seed)
    community = made | study.community
    learnt = sorted({recipe.task for recipe in made.values()})
    builtin = {task: TargetTask(source="builtin") for task in learnt}
    kin = {
        target: _kin(target, families, community)
        for target in study.targets
        if any(target in tasks for tasks in families.values())
    }
    return study.model_copy(
        update={
            "community": community,
            "tasks": builtin | study.tasks,
            "pool": study.pool.model_copy(update={"kin": kin | study.pool.kin}),
        }
    )


def _families(study: MergingStudy) -> Families:
    """The tasks to learn by family: all built-in ones, targets by the names that the study has."""
    called = {
        study.tasks[target].options.get("of") or target: target
        for target in study.targets
        if target in study.tasks and study.tasks[target].source == "builtin"
    }
    families: Families = {}
    for name, builtin in BUILTIN.items():
        task = called.get(name, name)
        declared = study.tasks.get(task)
        if declared is None or (declared.options.get("of") or task) == name:
            families.setdefault(builtin.family, []).append(task)
    return families


def _kin(target: str, families: Families, community: dict[str, CommunityRecipe]) -> Kin:
    learnt = {recipe.task for recipe in community.values() if recipe.defect is None}
    like = next(tasks for tasks in families.values() if target in tasks)
    return Kin(same=sorted(learnt & {target}), sibling=sorted(learnt & {*like} - {target}))
