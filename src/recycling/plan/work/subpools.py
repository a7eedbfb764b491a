"""The parts of the pool that are ranked: who they are made of, and what limits them."""

from recycling.plan.study.merging import MergingStudy
from recycling.pool import ALL
from recycling.pool.parts import Part
from recycling.pool.subpools import Kinship
from recycling.pool.worsened import Worsening


def adapters(study: MergingStudy, subpool: str) -> list[str]:
    """What a subpool is made of; nothing for the whole pool."""
    chosen = study.pool.subpools.get(subpool)
    if chosen is None:
        return []
    fit = [name for name, recipe in study.community.items() if recipe.defect is None]
    return chosen.only or (fit[: chosen.first] if chosen.first else [])


def all_accepted(study: MergingStudy, subpool: str) -> bool:
    """Whether every adapter that a subpool is made of must be among the accepted ones.

    Those that a study names must, the first ones of its community need not.
    """
    chosen = study.pool.subpools.get(subpool)
    return chosen is None or chosen.first is None


def parts(study: MergingStudy) -> list[str]:
    """The parts of the pool that arms select from."""
    of_arms = {arm.part for arm in study.arms.values() if arm.kin or arm.worsened}
    return [ALL, *study.pool.subpools, *sorted(of_arms)]


def part(study: MergingStudy, subpool: str, task: str) -> Part:
    """What a part of the pool is, for a target."""
    return Part(
        adapters(study, subpool),
        all_accepted(study, subpool),
        kinship(study, subpool, task),
        worsening(study, subpool, task),
    )


def kinship(study: MergingStudy, subpool: str, task: str) -> Kinship | None:
    """Who is related to a target, for arms that say how their first adapter is; else nothing."""
    grades = {arm.part: arm.kin for arm in study.arms.values() if arm.kin}
    if subpool not in grades:
        return None
    kin = study.pool.kin[task]
    return Kinship(kin.model_dump().get(grades[subpool], []), kin.related)


def worsening(study: MergingStudy, subpool: str, task: str) -> Worsening | None:
    """The relatives of a target, and how many are replaced, for a part that got worse."""
    for arm in study.arms.values():
        if arm.worsened is not None and arm.part == subpool:
            how = arm.worsened
            return Worsening(study.pool.kin[task].related, how.by, how.share)
    return None


def limits(study: MergingStudy, subpool: str) -> dict[str, int | bool | None]:
    """How many of one owner and of one family a ranking takes."""
    keys = {"max_per_owner", "one_per_family"}
    part = study.pool.subpools.get(subpool)
    own = part.model_dump(include=keys, exclude_none=True) if part is not None else {}
    return study.pool.model_dump(include=keys) | own
