"""Which arms a study compares, and which question each comparison answers.

The comparisons follow from what the arms are, not from their names: a study with its own arms gets
the same questions. They are fixed before any result is seen. The few that are primary decide the
verdict, with Holm's correction over them; all others are explored. An arm that chose by the test
rows (`oracle`) is an upper bound and takes part in no comparison.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recycling.plan.study.merging import Arm, Primary
from recycling.pool import SELECTORS

Arms = Mapping[str, Arm]
# Arms as a rule hands them on, in built-in values.
Recipes = Mapping[str, Mapping[str, object]]

QUESTIONS = {
    "instead": "Does recycling beat a fresh LoRA that it never saw?",
    "together": "Does recycling add to a fresh LoRA that it merges with the pool?",
    "control": "Do the controls, which carry nothing that the pool learnt, beat a fresh LoRA?",
    "twins_instead": "Do recycled adapters beat random ones with their shapes and norms?",
    "twins_together": "Merged with the fresh LoRA, do recycled adapters beat their random twins?",
    "recalibration": "Does the pool add anything to learned scales of the fresh LoRA alone?",
    "selection": "Do adapters that a selector chose beat adapters chosen at random?",
    "kin_instead": "Does a relative of the target beat an unrelated adapter in its place?",
    "kin_together": "Merged with the fresh LoRA, does a relative beat an unrelated adapter?",
    "gain": "Does the arm beat the base model without any adapter?",
}

# The questions that the verdict answers, each by its primary comparisons.
ANSWERED = (
    "instead",
    "together",
    "twins_instead",
    "twins_together",
    "recalibration",
    "kin_instead",
    "kin_together",
)
AGAINST_FRESH = ("instead", "together", "control")
# They carry nothing that the pool learnt.
CONTROLS = ("in_context", "calibrated", "variant", "recalibrated", "twins")
# An arm and its control share all of these.
SETTINGS = ("select", "among", "kin", "k", "fresh", "merge")


def records(recipes: Recipes) -> dict[str, Arm]:
    """The arms that a rule has handed on."""
    return {name: Arm.model_validate(recipe) for name, recipe in recipes.items()}


@dataclass(frozen=True)
class Contrast:
    """`arm` minus `reference`, made to answer one of `QUESTIONS`."""

    arm: str
    reference: str
    question: str


def role(arm: Arm) -> str:
    """What an arm stands for.

    `base`; `in_context`, the base shown labelled rows; `calibrated`, its likelihoods corrected by
    them; `fresh`, by the default recipe; `variant`, by another; `recalibrated`, a fresh LoRA with
    coefficients; `recycled` or `twins`, adapters of the pool; `oracle`, adapters of it that were
    chosen by the test rows.
    """
    if arm.select is not None and SELECTORS[arm.select].by_test_rows:
        return "oracle"
    if arm.draws_on_pool:
        return "recycled" if arm.pool == "real" else "twins"
    if not arm.fresh:
        bare = "calibrated" if arm.calibrated else "base"
        return "in_context" if arm.demonstrations else bare
    if arm.merge.method != "none":
        return "recalibrated"
    return "fresh" if arm.fresh == "fresh" else "variant"


def planned(arms: Arms) -> list[Contrast]:
    """Every comparison whose two arms exist, by question, then in the order of the arms."""
    return [contrast for question in QUESTIONS for contrast in _pairs(arms, question)]


def primary(arms: Arms, named: Sequence[Primary]) -> list[Contrast]:
    """The comparisons that decide: those that the study names.

    If it names none, the first of each question that the verdict answers: that of the first arm of
    its file that can.
    """
    every = planned(arms)
    if named:
        chosen = {(one.arm, one.reference) for one in named}
        return [one for one in every if (one.arm, one.reference) in chosen]
    first: dict[str, Contrast] = {}
    for one in every:
        if one.question in ANSWERED:
            first.setdefault(one.question, one)
    return list(first.values())


def _pairs(arms: Arms, question: str) -> Iterator[Contrast]:
    for arm, recipe in arms.items():
        for reference, other in arms.items():
            if arm != reference and _answers(question, recipe, other):
                yield Contrast(arm, reference, question)


def _answers(question: str, arm: Arm, reference: Arm) -> bool:
    pair = (role(arm), role(reference))
    joined = bool(arm.fresh)
    if question == "instead":
        return pair == ("recycled", "fresh") and not joined
    if question == "together":
        return pair in (("recycled", "fresh"), ("recycled", "variant")) and _same(
            arm, reference, "fresh"
        )
    if question == "control":
        return pair[0] in CONTROLS and pair[1] == "fresh"
    if question in ("twins_instead", "twins_together"):
        asked = joined == (question == "twins_together")
        return pair == ("recycled", "twins") and asked and _same(arm, reference, *SETTINGS)
    if question in ("kin_instead", "kin_together"):
        asked = joined == (question == "kin_together")
        others = [key for key in SETTINGS if key != "kin"]
        return (
            pair == ("recycled", "recycled")
            and asked
            and arm.kin in ("same", "sibling")
            and reference.kin == "unrelated"
            and _same(arm, reference, *others)
        )
    if question == "recalibration":
        return pair == ("recycled", "recalibrated") and _same(arm, reference, "fresh")
    if question == "selection":
        return (
            pair == ("recycled", "recycled")
            and arm.select != "random" == reference.select
            and _same(arm, reference, *SETTINGS[1:])
        )
    return pair[0] not in ("base", "oracle") and pair[1] == "base"


def _same(arm: Arm, reference: Arm, *keys: str) -> bool:
    return all(getattr(arm, key) == getattr(reference, key) for key in keys)
