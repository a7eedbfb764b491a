"""The harmful adapters that a study's community publishes beside its own."""

from typing import Literal

from recycling.community.recipe import Harmful
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.preconditions import PreconditionsStudy

HARMS: tuple[Literal["label_shuffled"], Literal["negated"]] = ("label_shuffled", "negated")


def harmful(study: MergingStudy | PreconditionsStudy) -> dict[str, Harmful]:
    """Name -> what it is a version of, of all harmful adapters that some arm's pool may hold.

    They are versions of the relatives of a target, in the order of the community.
    """
    if not isinstance(study, MergingStudy):
        return {}
    wanted = {
        (arm.worsened.by, name)
        for arm in study.arms.values()
        if arm.worsened is not None and arm.worsened.share
        for target in arm.targets
        for name in study.pool.kin[target].related
    }
    return {
        f"{name}-{by.replace('_', '-')}": Harmful(name, by)
        for by in HARMS
        for name, recipe in study.community.items()
        if recipe.defect is None and {(by, name), (by, recipe.task)} & wanted
    }
