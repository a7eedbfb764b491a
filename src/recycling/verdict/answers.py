"""From outcomes of contrasts to one answer per question, and the sentence that it is told in."""

from collections.abc import Sequence

# An outcome as one adjective.
ADJECTIVES = {
    "more": "better",
    "less": "worse",
    "equivalent": "equal",
    "undecided": "undecided",
    "unasked": "",
}
SENTENCES = {
    "instead": {
        "more": "Recycling alone can replace training. Better than a fresh LoRA: {more}.",
        "less": "Recycling alone does not replace training. Worse than a fresh LoRA: {less}.",
        "equivalent": "Recycling alone gains nothing that matters. Equal to a fresh LoRA within "
        "the margin: {equivalent}.",
        "undecided": "Whether recycling alone can replace a fresh LoRA is not decided by these "
        "data.",
        "unasked": "Not asked: recycling without the fresh LoRA. Add an arm "
        "`{{pool: real, select: evaluation, k: 1}}`.",
    },
    "together": {
        "more": "The pool adds to a fresh LoRA. Better than the fresh LoRA alone: {more}.",
        "less": "The pool harms a fresh LoRA. Worse than the fresh LoRA alone: {less}.",
        "equivalent": "The pool adds nothing that matters to a fresh LoRA. Equal to it within the "
        "margin: {equivalent}.",
        "undecided": "Whether the pool adds to a fresh LoRA is not decided by these data.",
        "unasked": "Not asked: the pool merged with the fresh LoRA. Add `fresh: true` to an arm "
        "that draws on the pool.",
    },
    "twins_instead": {
        "more": "Without the fresh LoRA, what the adapters learnt matters. Better than random "
        "twins: {more}.",
        "less": "Without the fresh LoRA, random twins do better than the adapters they imitate.",
        "equivalent": "Without the fresh LoRA, random twins do as well. Equal to them within the "
        "margin: {equivalent}.",
        "undecided": "Whether random twins would do as well without the fresh LoRA is not decided "
        "by these data.",
        "unasked": "Not asked: random twins in the place of the pool. Add a copy of an arm with "
        "`pool: twins, twin: norm`.",
    },
    "twins_together": {
        "more": "Merged with the fresh LoRA, what the adapters learnt matters. Better than random "
        "twins: {more}.",
        "less": "Merged with the fresh LoRA, random twins do better than the adapters they "
        "imitate.",
        "equivalent": "Merged with the fresh LoRA, random twins do as well. Equal to them within "
        "the margin: {equivalent}.",
        "undecided": "Whether random twins would do as well beside the fresh LoRA is not decided "
        "by these data.",
        "unasked": "Not asked: random twins merged with the fresh LoRA. Add a copy of an arm that "
        "has it with `pool: twins, twin: norm`.",
    },
    "recalibration": {
        "more": "The pool does more than rescale the fresh LoRA. Better than learned scales "
        "alone: {more}.",
        "less": "Rescaling the fresh LoRA alone, without any pool, does better.",
        "equivalent": "Rescaling the fresh LoRA alone does as well. Equal to it within the "
        "margin: {equivalent}.",
        "undecided": "Whether rescaling the fresh LoRA alone would do as well is not decided by "
        "these data.",
        "unasked": "Not asked: the fresh LoRA rescaled alone. Add an arm "
        "`{{fresh: true, merge: {{method: learned, init: target}}}}` beside one with the pool.",
    },
    "kin_instead": {
        "more": "Without the fresh LoRA, kinship matters. Better than with an unrelated adapter in "
        "the place of one relative: {more}.",
        "less": "Without the fresh LoRA, an unrelated adapter does better in the place of a "
        "relative.",
        "equivalent": "Without the fresh LoRA, kinship does not matter. Equal within the margin to "
        "an unrelated adapter in the place of one relative: {equivalent}.",
        "undecided": "Whether a relative of the target does more than an unrelated adapter, "
        "without the fresh LoRA, is not decided by these data.",
        "unasked": "",
    },
    "kin_together": {
        "more": "Merged with the fresh LoRA, kinship matters. Better than with an unrelated "
        "adapter in the place of one relative: {more}.",
        "less": "Merged with the fresh LoRA, an unrelated adapter does better in the place of a "
        "relative.",
        "equivalent": "Merged with the fresh LoRA, kinship does not matter. Equal within the "
        "margin to an unrelated adapter in the place of one relative: {equivalent}.",
        "undecided": "Whether a relative of the target does more than an unrelated adapter, "
        "merged with the fresh LoRA, is not decided by these data.",
        "unasked": "",
    },
}


def decide(outcomes: Sequence[str]) -> str:
    """One answer from the outcomes of all primary contrasts that ask the same.

    `more` if any arm is better, since Holm's correction pays for the choice among them; `less` if
    all are worse; `equivalent` if none can be better by more than the margin and not all are
    worse; `unasked` without contrasts; else `undecided`.
    """
    found = set(outcomes)
    if not found:
        return "unasked"
    if "more" in found:
        return "more"
    if found == {"less"}:
        return "less"
    return "equivalent" if found <= {"less", "equivalent"} else "undecided"


def headline(instead: str, together: str) -> str:
    """What to do, from the answers to `instead` and `together`.

    Where one of the two is not asked, it says so and advises no more than the other bears.
    """
    if instead == together == "unasked":
        return "This study compares no recycled arm with a fresh LoRA."
    unasked = {
        instead: "No primary contrast asks whether the pool can replace a fresh LoRA.",
        together: "No primary contrast asks whether the pool adds to a fresh LoRA.",
    }.get("unasked")
    return " ".join(filter(None, (_advice(instead, together), unasked)))


def _advice(instead: str, together: str) -> str:
    if together == "more":
        return "Train a fresh LoRA and merge it with the pool."
    if instead == "more":
        return "Recycle the pool."
    if "undecided" in (instead, together):
        known = {"less": "worse than", "equivalent": "no better than"}.get(instead)
        return "The data do not decide." + (
            f" Recycling alone is {known} a fresh LoRA; whether the pool adds to one is open."
            if known
            else ""
        )
    if instead == "unasked":
        return "The pool adds nothing that matters to a fresh LoRA."
    return "Train a fresh LoRA." + (
        " Recycling alone is as good within the margin, so the cost may decide."
        if instead == "equivalent"
        else ""
    )
