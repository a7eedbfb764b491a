"""What tells how much better a chosen adapter looked than it is."""

from recycling.plan.study.merging import Arm, MergingStudy
from recycling.plan.work import selection
from recycling.plan.work.merging import pool_count
from recycling.pool import ALL, SCORES, SELECTORS, TEST_SCORES
from recycling.pool.judged import Judged


def judged(study: MergingStudy) -> dict[str, Judged]:
    """Selector -> what is known of its choices, for selectors by a score on labelled rows.

    They choose from the whole pool. A selector is left out where no arm wears its first adapter
    alone, and no other selector has the same score on the test rows.
    """
    chosen: dict[str, list[str]] = {}
    for name, arm in study.arms.items():
        if arm.select is not None and arm.part == ALL:
            chosen.setdefault(arm.select, []).append(name)
    alone = {
        selector: [name for name in names if _alone(study, name)]
        for selector, names in chosen.items()
    }
    by_chance = {
        name: selector
        for selector, names in alone.items()
        if SELECTORS[selector].measure is None
        for name in names
    }
    found = {}
    for selector in chosen:
        if SELECTORS[selector].measure is not SCORES:
            continue
        metric = selection.metric(study, selector)
        on_test = [
            other
            for other in chosen
            if SELECTORS[other].measure is TEST_SCORES and selection.metric(study, other) == metric
        ]
        if alone[selector] or on_test:
            found[selector] = Judged(metric, "".join(on_test[:1]), alone[selector], by_chance)
    return found


def _alone(study: MergingStudy, name: str) -> bool:
    """Whether an arm wears one adapter of the pool as it is."""
    arm: Arm = study.arms[name]
    cut = arm.merge.export_rank is not None or arm.merge.compress_rank is not None
    plain = arm.merge.method == "none" and not cut
    return arm.pool == "real" and not arm.fresh and pool_count(study, name) == 1 and plain
