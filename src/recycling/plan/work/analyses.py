"""What the analyses beside the verdict take: files that a study writes for other ends."""

from recycling.plan.study.merging import Arm, MergingStudy
from recycling.plan.work import verdict
from recycling.verdict import contrasts
from recycling.verdict.pairings import role


def main_predictions(study: MergingStudy) -> list[str]:
    """The answers of the units of the main comparison."""
    return [
        f"<results>/predictions/{task}/{replicate}.parquet"
        for task, replicate in verdict.main_units(study)
    ]


def deciding_arms(study: MergingStudy) -> dict[str, Arm]:
    """The base, the fresh LoRA and the arms whose comparisons decide; all arms where none does."""
    arms = verdict.main_arms(study)
    decisive = contrasts.primary(arms, study.statistics.primary)
    chosen = {name for one in decisive for name in (one.arm, one.reference)}
    if not chosen:
        return arms
    return {
        name: arm for name, arm in arms.items() if name in chosen or role(arm) in ("base", "fresh")
    }
