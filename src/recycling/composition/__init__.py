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


@dataclass(frozen=True)
class FigureRow:
    """A figure: the function that draws it, as `package.module:name`, and the table it takes."""

    entry: str
    table: str


_CLAIM = "recycling.composition.claim_figures:claim"
_GRID = "recycling.composition.world_figures"
_SWEEP = "recycling.composition.sweep_figures"
# First what is claimed, in words (`pictures.py`); the grids of all libraries and rules come last.
FIGURES = {
    "answers_by_steps": FigureRow(_CLAIM, "two_hop"),
    "direct_answers": FigureRow(_CLAIM, "two_hop"),
    "familiarity": FigureRow(_CLAIM, "two_hop"),
    "selection": FigureRow(_CLAIM, "two_hop"),
    "word_lists": FigureRow(_CLAIM, "word_lists"),
    "math": FigureRow(_CLAIM, "math"),
    "places": FigureRow(_CLAIM, "places"),
    "theory": FigureRow("recycling.composition.theory_figure:theory", "theory"),
    "templates": FigureRow(f"{_SWEEP}:templates", "two_hop"),
    "scales": FigureRow(f"{_SWEEP}:scales", "two_hop"),
    "routing": FigureRow(f"{_SWEEP}:routing", "routing"),
    "appendix_libraries": FigureRow(f"{_GRID}:libraries", "two_hop"),
    "appendix_hops": FigureRow(f"{_GRID}:hops", "two_hop"),
    "appendix_rules": FigureRow(f"{_GRID}:rules", "two_hop"),
    "appendix_math": FigureRow(f"{_GRID}:math", "math"),
    "appendix_word_lists": FigureRow(f"{_GRID}:word_lists", "word_lists"),
    "appendix_places": FigureRow(f"{_GRID}:places", "places"),
}
# Table -> where Snakemake's report lists its figures.
CATEGORIES = {
    "theory": "Theory",
    "two_hop": "Two hops",
    "routing": "Two hops",
    "math": "Word problems",
    "word_lists": "Word problems",
    "places": "A real model",
}


def methods() -> dict[str, str]:
    """Method -> entry point: the merges of all studies, and what only this kind compares.

    Questions are asked many at once, so a merge that prompts weigh is not among them.
    """
    merges = {name: row for name, row in merging.METHODS.items() if row.gives != "routed_by_prompt"}
    return registry.entries(merges) | METHODS | ORACLES
