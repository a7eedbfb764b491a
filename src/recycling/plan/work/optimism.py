"""What tells how much better a chosen adapter looked than it is."""

from recycling.plan.study.merging import Arm, MergingStudy
from recycling.plan.work import selection
from recycling.plan.work.merging import pool_count
from recycling.pool import ALL, SCORES, SELECTORS, TEST_SCORES
from recycling.pool.judged import Judged


def judged(study: MergingStudy) -> dict[str, Judged]:
    """Selector -> what is known of its choices, for selectors by a score on labelled rows.

    They choose from the whole pool, and from subpools where the score on the test rows is known of
    every adapter. A selector is left out where no arm wears its first adapter alone, and no other
    selector has the same score on the test rows.
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
            parts = _parts(study, selector) if on_test else [ALL]
            known = "".join(on_test[:1])
            found[selector] = Judged(metric, known, alone[selector], by_chance, parts)
    return found


def _parts(study: MergingStudy, selector: str) -> list[str]:
    """The whole pool, and the subpools that the selector chooses from.

    Not the parts in which the first adapter is of a kin, or a share is replaced: there it is not
    the score alone that puts an adapter first.
    """
    chosen = {arm.part for arm in study.arms.values() if arm.select == selector}
    return [ALL, *(part for part in study.pool.subpools if part in chosen)]


def _alone(study: MergingStudy, name: str) -> bool:
    """Whether an arm wears one adapter of the pool as it is."""
    arm: Arm = study.arms[name]
    cut = arm.merge.export_rank is not None or arm.merge.compress_rank is not None
    plain = arm.merge.method == "none" and not cut
    return arm.pool == "real" and not arm.fresh and pool_count(study, name) == 1 and plain
