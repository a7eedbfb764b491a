"""How arms look in figures: the colour of each by its role, and a row for each."""

from matplotlib.axes import Axes

from recycling.output import style
from recycling.output.style import BLUE, GREY, INK, ORANGE, PURPLE, RED, SKY
from recycling.plan.study.merging import Arm
from recycling.verdict.contrasts import Arms, role

ROLES = {
    "base": (GREY, "base model"),
    "fresh": (INK, "fresh LoRA"),
    "in_context": (SKY, "base model, labelled rows in its prompt"),
    "variant": (PURPLE, "fresh LoRA, trained otherwise"),
    "recalibrated": (ORANGE, "fresh LoRA, rescaled"),
    "recycled": (BLUE, "recycled adapters"),
    "twins": (RED, "random twins"),
    "oracle": (PURPLE, "chosen by the test rows: upper bound"),
}


def colour(arm: Arm) -> str:
    """The colour of an arm: that of its role."""
    return ROLES[role(arm)][0]


def arm_axis(axes: Axes, arms: Arms, labels: bool) -> None:
    """Arms from top to bottom on the y axis, their names in the colour of their role."""
    style.striped_axis(axes, [style.named(arm) for arm in arms])
    if not labels:
        axes.set_yticklabels([])
        return
    for text, (arm, settings) in zip(axes.get_yticklabels(), arms.items(), strict=True):
        text.set_color(colour(settings))
        text.set_fontweight("bold" if arm == "fresh" else "normal")
