"""The composition study: when do two adapters together know what neither knows alone?"""

from dataclasses import dataclass

from recycling import merging
from recycling.ground import registry


@dataclass(frozen=True)
class SubjectRow:
    """What is taught and asked. Its material is drawn from a seed and its options."""

    entry: str
    """The function, as `package.module:name`."""
    bases: tuple[str, ...]
    """The bases that its questions can be put to."""
    settings: tuple[str, ...]
    """What can be asked of them."""


# The base that a study fetches; the other bases of its subjects it trains itself.
FETCHED = "fetched"
SUBJECTS = {
    "two_hop": SubjectRow(
        "recycling.composition.two_hop:two_hop",
        bases=("P0i", "Pci", "Pcr"),
        settings=("F", "H", "K", "Rn", "Rin"),
    ),
    "places": SubjectRow(
        "recycling.composition.places:places",
        bases=(FETCHED,),
        settings=("F", "H", "R", "X"),
    ),
    "math": SubjectRow(
        "recycling.composition.word_problems:word_problems",
        bases=("sums",),
        settings=("all",),
    ),
    "word_lists": SubjectRow(
        "recycling.composition.word_lists:word_lists",
        bases=("basics", "problems", FETCHED),
        settings=("direct", "running", "code", "code_unread"),
    ),
}
# Merges that only this study compares, beside those of `recycling.merging`.
METHODS = {"average_factors": "recycling.composition.factorwise:average_factors"}
# What is no merge: who answers which question, and who takes over at which step.
ORACLES = {
    "hop_oracle": "recycling.composition.oracles:hop_oracle",
    "task_oracle": "recycling.composition.oracles:task_oracle",
}
# Each takes its table, and as keyword arguments what it must know of the study. A figure that is
# not named after a table is of the two-hop world.
FIGURES = {
    "theory": "recycling.composition.theory_figure:theory",
    "libraries": "recycling.composition.world_figures:libraries",
    "hops": "recycling.composition.world_figures:hops",
    "rules": "recycling.composition.world_figures:rules",
    "math": "recycling.composition.world_figures:math",
    "word_lists": "recycling.composition.world_figures:word_lists",
    "places": "recycling.composition.world_figures:places",
    "familiarity": "recycling.composition.sweep_figures:familiarity",
    "templates": "recycling.composition.sweep_figures:templates",
    "scales": "recycling.composition.sweep_figures:scales",
    "routing": "recycling.composition.sweep_figures:routing",
}


def methods() -> dict[str, str]:
    """Method -> entry point: the merges of all studies, and what only this kind compares.

    Questions are asked many at once, so a merge that prompts weigh is not among them.
    """
    merges = {name: row for name, row in merging.METHODS.items() if row.gives != "routed_by_prompt"}
    return registry.entries(merges) | METHODS | ORACLES
