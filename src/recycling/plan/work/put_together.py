"""What answers take of the merges that are kept as gates: their sources, to put them together."""

from recycling.merging.recipe import MergeRecipe
from recycling.plan.study.merging import MergingStudy
from recycling.plan.work import merging
from recycling.plan.work.arm_groups import ArmGroup, RankedShards


def arms(study: MergingStudy, task: str) -> ArmGroup:
    """The arms of a task whose merges are kept as gates."""
    gated = [arm for arm in merging.worn_arms(study, task) if merging.kept(study, arm) == "gates"]
    return ArmGroup("predict", 0, (task,), tuple(gated))


def recipes(study: MergingStudy, task: str) -> dict[str, MergeRecipe]:
    """How the adapters of each arm became one."""
    return arms(study, task).recipes(study)


def drawing(study: MergingStudy, task: str) -> list[str]:
    """The arms that draw on the pool."""
    return arms(study, task).drawing(study)


def rankings(study: MergingStudy, task: str, replicate: str) -> list[str]:
    """The ranking of each arm that draws on the pool."""
    return arms(study, task).rankings(study, task, replicate)


def shards(study: MergingStudy, task: str, ranked_shards: RankedShards) -> list[str]:
    """The shards that hold the adapters of some arm."""
    return arms(study, task).shards(study, ranked_shards)


def joined(study: MergingStudy, task: str) -> list[str]:
    """The arms that the fresh LoRA joins."""
    return arms(study, task).joined(study)


def fresh(study: MergingStudy, task: str, replicate: str) -> list[str]:
    """The fresh LoRA of each arm that it joins."""
    return arms(study, task).fresh(study, task, replicate)
