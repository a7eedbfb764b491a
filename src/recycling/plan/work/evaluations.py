"""What the files for other programs that read evaluations take."""

from recycling.plan.study.merging import Arm, MergingStudy
from recycling.plan.work import merging
from recycling.plan.work.units import units


def records(study: MergingStudy) -> list[str]:
    """The record of the task of every unit, in the order of `units`."""
    return [f"<results>/tasks/{task}/{run}/task.json" for task, run in units(study)]


def evaluated(study: MergingStudy) -> dict[str, dict[str, object]]:
    """Path below the folder of evaluations -> the arm that has answered there.

    By the fields of `output.harness.Evaluated` but the instruction, which the task's record has.
    """
    worn, routed = merging.merged_arms(study), merging.routed_arms(study)
    found: dict[str, dict[str, object]] = {}
    for task, replicate in units(study):
        for name in merging.task_arms(study, task):
            where = f"{name}/{task}/{replicate}"
            arm, stays = study.arms[name], merging.kept(study, name) == "adapter"
            whole = name in worn and name not in routed and stays
            found[where] = {
                "task": task,
                "base": study.base.name,
                "adapter": f"results/{study.study}/merged/{where}" if whole else "",
                "by": "hf" if whole or _bare(arm) else "recycling",
                "shown": arm.demonstrations or 0,
                "cap": study.max_new_tokens,
                "day": study.base.date,
            }
    return found


def _bare(arm: Arm) -> bool:
    """Whether the base answers as it is."""
    return not (arm.wears_adapter or arm.demonstrations or arm.calibrated)
