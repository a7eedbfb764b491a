"""The parts of the pool that arms draw from: subpools, relatives, pools that got worse."""

from collections.abc import Mapping

from recycling.ground.errors import InputError
from recycling.plan.study.faults import require
from recycling.plan.study.merging import Arm, MergingStudy
from recycling.pool import ALL


def check(study: MergingStudy) -> None:
    """Raise InputError unless every arm can draw from the part of the pool that it names."""
    _check_parts(study)
    for target in study.pool.kin:
        require("pool.kin", target, study.all_targets, "a target", "correct it")
    for name, arm in study.arms.items():
        _check_subpool(study, name, arm)
        _check_kin(study, name, arm)
        _check_worsened(study, name, arm)
    if study.pool.hub.kind == "community":
        _check_community_names(study)
        _check_counts(study)


def _check_parts(study: MergingStudy) -> None:
    for name, part in study.pool.subpools.items():
        where, made = f"pool.subpools.{name}", study.pool.hub.kind == "community"
        said = part.model_dump(exclude_none=True)
        if not said or {"only", "first"} <= {*said} or (part.first and not made):
            raise InputError(
                "config",
                where,
                said,
                "some keys, not both only and first, and first where the study has a community",
                "correct the subpool",
            )


def _check_counts(study: MergingStudy) -> None:
    """Raise InputError for more adapters than the community has, or that part of it."""
    fit = {name: one.task for name, one in study.community.items() if one.defect is None}
    for name, arm in study.arms.items():
        part, most = study.pool.subpools.get(arm.among), len(fit)
        if part is not None and part.only is not None:
            most = sum(not {recipe, task}.isdisjoint(part.only) for recipe, task in fit.items())
        elif part is not None and part.first is not None:
            most = min(most, part.first)
        most += bool(study.protocol.k_counts_fresh and arm.fresh)
        if isinstance(arm.k, int) and arm.k > most:
            raise InputError(
                "config",
                f"arms.{name}.k",
                arm.k,
                f"at most {most}, the adapters of the community that it may take",
                "lower k, or train more",
            )


def _check_subpool(study: MergingStudy, name: str, arm: Arm) -> None:
    subpools = study.pool.subpools
    known = [ALL, *subpools] if arm.draws_on_pool else [ALL]
    what = "a subpool" if arm.draws_on_pool else "all without a pool"
    remedy = "declare it below pool.subpools or correct the arm"
    require(f"arms.{name}.among", arm.among, known, what, remedy)


def _check_kin(study: MergingStudy, name: str, arm: Arm) -> None:
    if arm.kin is None:
        return
    if not arm.draws_on_pool or arm.among != ALL:
        raise InputError(
            "config",
            f"arms.{name}.kin",
            arm.kin,
            "an arm that draws on the whole pool",
            "remove kin, or among, or let the arm have a pool",
        )
    for target in arm.targets:
        known = study.pool.kin.get(target)
        if known is None or (arm.kin != "unrelated" and not getattr(known, arm.kin)):
            raise InputError(
                "config",
                f"pool.kin.{target}",
                None if known is None else known.model_dump(),
                f"the adapters related to it, for kin: {arm.kin} of arm {name!r}",
                "name them by how they are related, same or sibling",
            )


def _check_worsened(study: MergingStudy, name: str, arm: Arm) -> None:
    if arm.worsened is None:
        return
    where, found = f"arms.{name}.worsened", arm.worsened.model_dump()
    if not arm.draws_on_pool or arm.among != ALL or arm.kin:
        expected = "an arm that draws on the pool, without among and kin: its pool is said here"
        raise InputError("config", where, found, expected, "remove among and kin, or worsened")
    if arm.worsened.by != "unrelated" and study.pool.hub.kind != "community":
        expected = "unrelated, or a community of the study, which publishes what is harmful"
        raise InputError("config", f"{where}.by", arm.worsened.by, expected, "correct the arm")
    if arm.worsened.by != "unrelated" and not arm.worsened.share:
        expected = "unrelated with share: 0, which replaces nothing and stands in every panel"
        remedy = "keep one arm with share: 0, by: unrelated"
        raise InputError("config", f"{where}.by", arm.worsened.by, expected, remedy)
    for target in arm.targets:
        if target not in study.pool.kin or not study.pool.kin[target].related:
            expected = f"the adapters related to it, which are the pool of arm {name!r}"
            remedy = "name them by how they are related, same or sibling"
            raise InputError("config", f"pool.kin.{target}", None, expected, remedy)


def _check_community_names(study: MergingStudy) -> None:
    given: Mapping[str, list[str]] = {
        **{
            f"kin.{target}.{grade}": names
            for target, kin in study.pool.kin.items()
            for grade, names in kin
        },
        **{f"subpools.{name}.only": part.only or [] for name, part in study.pool.subpools.items()},
    }
    known = sorted({*study.community, *(recipe.task for recipe in study.community.values())})
    for key, names in given.items():
        for name in names:
            what = "a recipe or a task of the community"
            require(f"pool.{key}", name, known, what, "correct the spelling")
