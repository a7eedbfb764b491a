"""A study whose community is drawn: its adapters, their tasks, and who is related to targets."""

from recycling.community import drawing
from recycling.community.defects import DEFECTS
from recycling.plan.study import mix
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.pool import CommunityRecipe, Kin
from recycling.plan.study.tasks import TargetTask
from recycling.tasks.builtin import BUILTIN

Families = dict[str, list[str]]


def with_community(study: MergingStudy) -> MergingStudy:
    """The study with the adapters of its `community_from` in front of those of its `community`.

    Built-in tasks that they learn are declared, and targets without kin get it: adapters of the
    target's own task are the same, those of its family siblings. Raises InputError for a mix that
    is none.
    """
    asked = study.community_from
    if asked is None:
        return study
    families = _families(study)
    made = drawing.drawn(
        mix.read(asked.mix), families, study.targets, sorted(DEFECTS), asked.count, study.seed
    )
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
