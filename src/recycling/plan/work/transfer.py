"""What tells how well each adapter of the pool does on each target, and what foretells it."""

from recycling.merging import METHODS
from recycling.plan.study.merging import MAIN, MergingStudy
from recycling.plan.work import selection
from recycling.plan.work.units import units
from recycling.pool import ALL, CLOSENESS, SCORES, SELECTORS, TEST_SCORES, Measure
from recycling.verdict.pairings import role


def measures(study: MergingStudy) -> dict[str, tuple[str, str]]:
    """Selector -> what its score of the whole pool is: `score`, `test` or `closeness`; and of what.

    A score is of a metric, on labelled rows or on test rows; closeness is to the fresh LoRA. Of
    selectors by the same metric the first is here.
    """
    kinds: dict[Measure | None, str]
    kinds = {SCORES: "score", TEST_SCORES: "test", CLOSENESS: "closeness"}
    found: dict[str, tuple[str, str]] = {}
    for arm in study.arms.values():
        if arm.select is None or arm.part != ALL:
            continue
        measure = SELECTORS[arm.select].measure
        if measure in kinds:
            about = (kinds[measure], selection.metric(study, arm.select))
            if about not in found.values():
                found[arm.select] = about
    return found


def known(study: MergingStudy) -> bool:
    """Whether every adapter of the pool has a score on some rows of a target."""
    return any(kind != "closeness" for kind, _ in measures(study).values())


def base_arm(study: MergingStudy) -> str:
    """The arm that is the bare base; empty where there is none."""
    return next((name for name, arm in study.arms.items() if role(arm) == "base"), "")


def weighing(study: MergingStudy) -> list[tuple[str, str, str]]:
    """Arm, task and replicate of each merge of the main comparison that learned coefficients."""
    main = study.experiments[MAIN]
    return [
        (name, task, replicate)
        for name in main.arms
        if study.arms[name].pool == "real" and METHODS[study.arms[name].merge.method].per_part
        for task, replicate in units(study, main.targets)
    ]


def weights(study: MergingStudy) -> list[str]:
    """The coefficients of each."""
    return [f"<results>/merged/{'/'.join(cell)}/coefficients.tsv" for cell in weighing(study)]


def kin(study: MergingStudy) -> dict[str, dict[str, list[str]]]:
    """Target -> grade of kin -> the names of such adapters, for targets of which it is said."""
    return {task: of_task.model_dump() for task, of_task in study.pool.kin.items()}
