"""What the keys of a merging study must be together, beyond what each may be by itself."""

from recycling.adapters import TWINS
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import METHODS
from recycling.plan.study import (
    arms,
    comparison_checks,
    drawn,
    fewer,
    part_checks,
    pool_checks,
    row_checks,
    tuning_checks,
)
from recycling.plan.study.faults import require
from recycling.plan.study.merging import MAIN, Arm, MergingStudy
from recycling.pool import SELECTORS
from recycling.verdict.experiments import EXPERIMENTS

# 20 arms on 61 targets in two replicates are 2,440; a plan of 100,000 takes an hour.
MOST_MERGES = 100_000


def checked(study: MergingStudy) -> MergingStudy:
    """The study with all that its arms and experiments leave unsaid; raises InputError."""
    study = drawn.with_community(study)
    _check_arms(study)
    study = arms.with_experiments(arms.with_targets(_with_recipes(study)))
    _check_whole(study)
    return study


def _with_recipes(study: MergingStudy) -> MergingStudy:
    """The study whose arms name the recipe of the fresh LoRA that joins them: true is `fresh`."""
    named = {
        name: arm.model_copy(update={"fresh": "fresh"}) if arm.fresh is True else arm
        for name, arm in study.arms.items()
    }
    return study.model_copy(update={"arms": named})


def _check_arms(study: MergingStudy) -> None:
    """Raise InputError unless base, pool, tasks and every arm by itself can be run."""
    for position, target in enumerate(study.targets):
        require(f"targets.{position}", target, study.tasks, "a task", "declare it below tasks")
    pool_checks.check(study.base, study.pool.hub, study.community, study.tasks)
    for name, arm in study.arms.items():
        _check_arm(study, name, arm)


def _check_whole(study: MergingStudy) -> None:
    """Raise InputError unless experiments and subpools fit arms that have their targets."""
    merges = study.replicates * study.folds
    merges *= sum(len(arm.targets) for arm in study.arms.values())
    if merges > MOST_MERGES:
        raise InputError(
            "config",
            "arms",
            f"{merges} merges: arms times targets times replicates"
            + (" times folds" if study.folds > 1 else ""),
            f"at most {MOST_MERGES}",
            "remove arms, targets or replicates",
        )
    for name, experiment in study.experiments.items():
        require(f"experiments.{name}", name, [MAIN, *EXPERIMENTS], "an experiment")
        if name != MAIN and EXPERIMENTS[name].needs_reference and experiment.reference is None:
            raise InputError(
                "config",
                f"experiments.{name}.reference",
                None,
                f"one of {experiment.arms}",
                "name the arm that the others are compared with",
            )
    if not isinstance(study.export, str):
        worn = [name for name, arm in study.arms.items() if arm.wears_adapter]
        for position, name in enumerate(study.export):
            what = "an arm that wears an adapter"
            require(f"export.{position}", name, worn, what, "correct or remove it")
    for position, name in enumerate(study.pool.ranked_by):
        require(f"pool.ranked_by.{position}", name, sorted(SELECTORS), "a selector")
    part_checks.check(study)
    fewer.check(study)
    tuning_checks.check(study)
    row_checks.check(study)
    comparison_checks.check(study)


def _check_arm(study: MergingStudy, name: str, arm: Arm) -> None:
    where = f"arms.{name}"
    needed = {"select", "k"} if arm.draws_on_pool else set()
    needed |= {"twin"} if arm.pool == "twins" else set()
    given = {key for key in ("select", "k", "twin") if getattr(arm, key) is not None}
    if needed != given:
        raise InputError(
            "config",
            where,
            sorted(given),
            f"exactly {sorted(needed)} beside pool: {arm.pool}",
            "add or remove these keys",
        )
    if arm.select is not None:
        require(f"{where}.select", arm.select, sorted(SELECTORS), "a selector")
    by_test = arm.select is not None and SELECTORS[arm.select].by_test_rows
    if by_test != ("oracle" in name):
        raise InputError(
            "config",
            "arms",
            name,
            "the word oracle in the name of an arm that selects by an oracle, and of no other",
            "rename the arm: its scores are an upper bound, wherever they are shown",
        )
    if arm.twin is not None:
        require(f"{where}.twin", arm.twin, sorted(TWINS), "a kind of twin")
    _check_demonstrations(study, where, arm)
    if arm.calibrated and (arm.wears_adapter or arm.demonstrations):
        raise InputError(
            "config",
            f"{where}.calibrated",
            True,
            "an arm without adapters and demonstrations: the bare base is calibrated",
            "remove pool, fresh and demonstrations, or do not calibrate",
        )
    if isinstance(arm.fresh, str):
        known = sorted(study.fresh_recipes)
        require(f"{where}.fresh", arm.fresh, known, "a recipe", "add it to fresh_variants")
    if study.protocol.k_counts_fresh and arm.fresh and arm.k == 1:
        raise InputError(
            "config",
            f"{where}.k",
            1,
            "at least 2, since protocol.k_counts_fresh counts the fresh LoRA",
            "raise k, or do not count the fresh LoRA",
        )
    method = arm.merge.method
    registry.check(registry.entries(METHODS), method, arm.merge.options, f"{where}.merge.method")
    _check_ranks(where, arm)
    _check_folds(study, where, arm)
    count = arm.adapter_count
    if (method == "none" and count > 1) or (method != "none" and count == 0):
        raise InputError(
            "config",
            f"{where}.merge.method",
            method,
            "none for at most one adapter, another method for some",
            f"this arm has {count} adapters (k and fresh); change one of the two",
        )


def _check_ranks(where: str, arm: Arm) -> None:
    given = arm.merge.model_dump(include={"compress_rank", "export_rank"}, exclude_none=True)
    method = arm.merge.method
    for key, rank in given.items():
        if METHODS[method].routed:
            expected = f"no such key beside {method}, which keeps its adapters apart"
            raise InputError("config", f"{where}.merge.{key}", rank, expected, "remove the key")
    if len(given) > 1:
        expected = "compress_rank or export_rank: a compressed merge has its rank"
        raise InputError("config", f"{where}.merge", given, expected, "remove one of them")


def _check_folds(study: MergingStudy, where: str, arm: Arm) -> None:
    if "folds" not in arm.merge.options:
        return
    most = study.split.train
    if not 2 <= arm.folds <= most:
        raise InputError(
            "config",
            f"{where}.merge.folds",
            arm.folds,
            f"2 to split.train = {most}",
            "correct the number of folds",
        )
    if not arm.fresh:
        raise InputError(
            "config",
            f"{where}.fresh",
            False,
            "the fresh LoRA, which the folds are of",
            "let it join the arm",
        )


def _check_demonstrations(study: MergingStudy, where: str, arm: Arm) -> None:
    shown = arm.demonstrations or 0
    if arm.nearest and not shown:
        raise InputError(
            "config",
            f"{where}.nearest",
            True,
            "an arm with demonstrations, of which these are the nearest",
            "say how many rows are shown, or remove the key",
        )
    if shown != "all" and shown > study.split.train:
        raise InputError(
            "config",
            f"{where}.demonstrations",
            shown,
            f"at most split.train = {study.split.train}",
            "show fewer rows",
        )
    if shown and arm.wears_adapter:
        raise InputError(
            "config",
            f"{where}.demonstrations",
            shown,
            "an arm without adapters",
            "remove pool and fresh, or do not show rows",
        )
