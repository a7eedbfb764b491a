"""Which arms a study compares, and which question each comparison answers.

The comparisons follow from what the arms are, not from their names: a study with its own arms gets
the same questions. They are fixed before any result is seen. The few that are primary decide the
verdict, with Holm's correction over them; all others are explored. An arm that chose by the test
rows (`oracle`) is an upper bound and takes part in no comparison.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recycling.plan.study.merging import Arm, Primary
from recycling.verdict.answers import SENTENCES
from recycling.verdict.pairings import DRAWN, Arms, Kind, Pairing, role

# Arms as a rule hands them on, in built-in values.
Recipes = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Question:
    """What is asked, and which arms answer it."""

    text: str
    pairing: Pairing


# They carry nothing that the pool learnt.
CONTROLS = Kind(("in_context", "calibrated", "variant", "recalibrated", "twins"))
FRESH = Kind(("fresh",))
TWINS = Kind(("twins",))
ALONE, JOINED = Kind(("recycled",), joined=False), Kind(("recycled",), joined=True)
RELATED = {"kin": ("same", "sibling")}
UNRELATED = Kind(("recycled",), having={"kin": ("unrelated",)})

QUESTIONS = {
    "instead": Question(
        "Does recycling beat a fresh LoRA that it never saw?",
        Pairing(ALONE, FRESH),
    ),
    "together": Question(
        "Does recycling add to a fresh LoRA that it merges with the pool?",
        Pairing(JOINED, Kind(("fresh", "variant")), turns=(*DRAWN, "merge")),
    ),
    "control": Question(
        "Do the controls, which carry nothing that the pool learnt, beat a fresh LoRA?",
        Pairing(CONTROLS, FRESH),
    ),
    "twins_instead": Question(
        "Do recycled adapters beat random ones with their shapes and norms?",
        Pairing(ALONE, TWINS, turns=("pool",)),
    ),
    "twins_together": Question(
        "Merged with the fresh LoRA, do recycled adapters beat their random twins?",
        Pairing(JOINED, TWINS, turns=("pool",)),
    ),
    "recalibration": Question(
        "Does the pool add anything to learned scales of the fresh LoRA alone?",
        Pairing(JOINED, Kind(("recalibrated",)), turns=DRAWN),
    ),
    "selection": Question(
        "Do adapters that a selector chose beat adapters chosen at random?",
        Pairing(
            Kind(("recycled",)),
            Kind(("recycled",), having={"select": ("random",)}),
            turns=("select",),
        ),
    ),
    "kin_instead": Question(
        "Does a relative of the target beat an unrelated adapter in its place?",
        Pairing(replace(ALONE, having=RELATED), UNRELATED, turns=("kin",)),
    ),
    "kin_together": Question(
        "Merged with the fresh LoRA, does a relative beat an unrelated adapter?",
        Pairing(replace(JOINED, having=RELATED), UNRELATED, turns=("kin",)),
    ),
    "gain": Question(
        "Does the arm beat the base model without any adapter?",
        Pairing(Kind((*CONTROLS.roles, "fresh", "recycled")), Kind(("base",))),
    ),
}

AGAINST_FRESH = ("instead", "together", "control")
# They train on the factors of the adapters, as the factors of a fresh LoRA are trained.
TRAINED_ON = ("continued", "pi_tuning")


def records(recipes: Recipes) -> dict[str, Arm]:
    """The arms that a rule has handed on."""
    return {name: Arm.model_validate(recipe) for name, recipe in recipes.items()}


@dataclass(frozen=True)
class Contrast:
    """`arm` minus `reference`, made to answer one of `QUESTIONS`."""

    arm: str
    reference: str
    question: str


def planned(arms: Arms) -> list[Contrast]:
    """Every comparison whose two arms exist, by question, then in the order of the arms."""
    return [
        Contrast(arm, reference, question)
        for question, about in QUESTIONS.items()
        for arm, reference in about.pairing.pairs(arms)
    ]


def without_adapters(arms: Arms) -> dict[str, str]:
    """Arm of twins -> the arm that it would be without them.

    The fresh LoRA where the twins are merged with it or trained on like it, else the base. None
    where they are merged with a fresh LoRA of another recipe: it may be worse by itself.
    """
    named: dict[str, str] = {}
    for name, arm in arms.items():
        named.setdefault(role(arm), name)
    found = {
        name: named.get("fresh" if arm.fresh or _trained_on(arm) else "base")
        for name, arm in arms.items()
        if role(arm) == "twins" and arm.fresh in (False, "fresh")
    }
    return {name: bare for name, bare in found.items() if bare is not None}


def _trained_on(arm: Arm) -> bool:
    return arm.merge.method in TRAINED_ON or arm.merge.options.get("train") == "both"


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
        if one.question in SENTENCES:
            first.setdefault(one.question, one)
    return list(first.values())
