"""How arms look in figures: the colour of each by its role, and a row for each."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from recycling.merging import METHODS
from recycling.output import names, style
from recycling.output.style import BLUE, GREY, INK, ORANGE, PURPLE, RED, SKY
from recycling.plan.study.merging import Arm
from recycling.verdict.pairings import Arms, role
from recycling.verdict.summary import kept_starts

ROLES = {
    "base": (GREY, "base model"),
    "fresh": (INK, "fresh LoRA"),
    "in_context": (SKY, "base model, labelled rows in its prompt"),
    "calibrated": (SKY, "base model, its likelihoods corrected"),
    "variant": (PURPLE, "fresh LoRA, trained otherwise"),
    "recalibrated": (ORANGE, "fresh LoRA, rescaled"),
    "recycled": (BLUE, "recycled adapters"),
    "twins": (RED, "random twins"),
    "oracle": (PURPLE, "chosen by the test rows: upper bound"),
}

GROUPS = {
    "base": "base model",
    "in context": "shown labelled rows",
    "fresh": "fresh LoRA",
    "static": "merged by weights alone",
    "learned": "merges that learn",
    "routed": "routed",
    "controls": "controls",
}


def group(arm: Arm) -> str:
    """What an arm is, among few kinds: an entry of `GROUPS`."""
    kind = role(arm)
    if kind == "recycled":
        method = METHODS[arm.merge.method]
        if method.routed:
            return "routed"
        return "static" if method.reads == "weights" else "learned"
    known = {"in_context": "in context", "variant": "fresh"}
    found = known.get(kind, kind)
    return found if found in GROUPS else "base" if kind == "calibrated" else "controls"


def grouped(arms: Arms, scores: Mapping[str, float]) -> dict[str, list[str]]:
    """Group -> its arms, the best first; an arm without a score is last."""
    found: dict[str, list[str]] = {name: [] for name in GROUPS}
    for arm in sorted(arms, key=lambda arm: -scores.get(arm, float("-inf"))):
        found[group(arms[arm])].append(arm)
    return {name: members for name, members in found.items() if members}


def colour(arm: Arm) -> str:
    """The colour of an arm: that of its role."""
    return ROLES[role(arm)][0]


def labels(arms: Arms, training: pd.DataFrame) -> dict[str, str]:
    """Arm -> its name, and in how many of its runs it is its own start."""
    kept = kept_starts(training)
    return {
        arm: names.of_arm(arm) + (" (start {}/{})".format(*kept[arm]) if arm in kept else "")
        for arm in arms
    }


def about_starts(arms: Arms, training: pd.DataFrame) -> str:
    """What such a label means, for the note below a figure; empty where no arm has one."""
    counts = [found for arm, found in kept_starts(training).items() if arm in arms]
    if not counts:
        return ""
    kept, runs = counts[0]
    return (
        f"\nStart {kept}/{runs}: in {kept} of {runs} runs validation kept the start of the merge's "
        "training."
    )


def arm_axis(axes: Axes, arms: Arms, shown: Mapping[str, str]) -> None:
    """Arms from top to bottom on the y axis, as `shown`, in the colour of their role."""
    style.striped_axis(axes, [shown.get(arm, "") for arm in arms])
    if not shown:
        axes.set_yticklabels([])
        return
    for text, (arm, settings) in zip(axes.get_yticklabels(), arms.items(), strict=True):
        text.set_color(colour(settings))
        text.set_fontweight("bold" if arm == "fresh" else "normal")
