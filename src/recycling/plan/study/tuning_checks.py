"""What is tuned must be something that can be, on rows that nothing has learnt which is judged."""

from recycling.adapters import TWINS
from recycling.ground.errors import InputError
from recycling.merging import METHODS
from recycling.plan.study.merging import Arm, MergingStudy
from recycling.plan.study.recipes import Tune


def check(study: MergingStudy) -> None:
    """Raise InputError for a recipe or an arm that cannot be tuned; arms have their targets."""
    for name, variant in study.fresh_variants.items():
        if variant.tune is not None and variant.labels == "shuffled":
            raise InputError(
                "config",
                f"fresh_variants.{name}.labels",
                variant.labels,
                "given: what is tuned is scored by the right answers",
                "remove tune or labels",
            )
    for name, arm in study.arms.items():
        joined = study.fresh_variants.get(str(arm.fresh))
        if joined is not None and joined.tune is not None:
            _check_joined(f"arms.{name}", arm)
            _check_folds(study, f"fresh_variants.{arm.fresh}.tune.folds", joined.tune, arm)
        if arm.merge.tune is not None:
            _check_merge(f"arms.{name}", arm)
            _check_folds(study, f"arms.{name}.merge.tune.folds", arm.merge.tune, arm)


def _check_joined(where: str, arm: Arm) -> None:
    """A tuned fresh LoRA has no stand-ins: its configuration was chosen on the rows left out."""
    if arm.folds or arm.merge.tune is not None:
        key = "folds" if arm.folds else "tune"
        raise InputError(
            "config",
            f"{where}.merge.{key}",
            arm.merge.model_dump(exclude_none=True)[key],
            f"no such key beside the fresh LoRA {arm.fresh!r}: in a fold another stands in for it, "
            "which must not know the rows of the fold, and its configuration was chosen on them",
            "let the untuned fresh LoRA join, or remove the key",
        )


def _check_merge(where: str, arm: Arm) -> None:
    if not METHODS[arm.merge.method].tunable:
        raise InputError(
            "config",
            f"{where}.merge.tune",
            arm.merge.method,
            f"one of the methods {[name for name, row in METHODS.items() if row.tunable]}",
            "remove tune, or choose one of them",
        )
    given = (
        [key for key in arm.merge.tune.grid if key in arm.merge.options] if arm.merge.tune else []
    )
    if given:
        raise InputError(
            "config",
            f"{where}.merge.{given[0]}",
            arm.merge.options[given[0]],
            f"no such key beside tune.{given[0]}, which has its values",
            "remove one of the two",
        )
    if arm.twin is not None and TWINS[arm.twin].trained:
        raise InputError(
            "config",
            f"{where}.twin",
            arm.twin,
            "twins that are not trained on the rows that score what is tuned",
            "choose another kind of twin, or remove merge.tune",
        )


def _check_folds(study: MergingStudy, where: str, tune: Tune, arm: Arm) -> None:
    rows = {task: study.split.of_task(study.tasks[task].split)["train"] for task in arm.targets}
    fewest = min(rows, key=rows.__getitem__)
    if tune.folds > rows[fewest]:
        raise InputError(
            "config",
            where,
            tune.folds,
            f"at most {rows[fewest]}, the training rows of {fewest}",
            "ask for fewer folds, or label more rows",
        )
