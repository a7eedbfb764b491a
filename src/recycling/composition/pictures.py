"""What is shown of each claim: few rows, each of which says in words who is asked what."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A library that is asked in a setting on a base, and what of its answers is shown.

    Beside its merges stand adapters of it `alone`, and one LoRA of all that they know, `joint`.
    """

    words: str
    base: str
    setting: str
    library: str
    measure: str = "chain"
    alone: Sequence[str] = ()
    joint: str | None = None


@dataclass(frozen=True)
class Picture:
    """A figure of some claims: title, rows, the rules whose answers each row has, and a note."""

    claims: Sequence[str]
    title: str
    rows: Sequence[Row]
    rules: Sequence[str]
    note: str


MAIN = ("uniform", "sum", "arrow")
_WORLD = "Models trained here. A template: worked examples that chain two relations. "
_PLACES = {"F": "invented", "H": "half real", "R": "real and true", "X": "real, facts dealt anew"}
_READ = {
    "P0i": "no template",
    "Pci": "template of other relations",
    "Pcr": "template in pre-training",
}


def _words(words: str, base: str, style: str) -> Row:
    """Problems that need a word of each of two lists, in a style of answers."""
    return Row(words, base, style, "words", "mixed", alone=("A", "B"), joint="A+B")


PICTURES = {
    "answers_by_steps": Picture(
        claims=("known_template", "right_template", "sum_arrow_uniform"),
        title="Two-hop questions, answered by steps",
        rows=[
            Row("Two fact adapters, no template anywhere", "P0i", "F", "L2"),
            Row("Two fact adapters, template in pre-training", "Pcr", "F", "L2"),
            Row("Template in pre-training and in both adapters", "Pcr", "F", "L2+T"),
            Row("Template in both adapters, not in pre-training", "Pci", "F", "L2+T"),
            Row("Template of one wrong pair of relations in both", "Pci", "F", "L2+Tx"),
            Row("Template of all other pairs of relations in both", "Pci", "F", "L2+Ta"),
        ],
        rules=(*MAIN, "twins", "hop_oracle"),
        note=_WORLD + "All names are new. The oracle gives each step to the adapter that knows it.",
    ),
    "direct_answers": Picture(
        claims=("direct_at_chance", "target_expert"),
        title="Two-hop questions, answered directly",
        rows=[
            Row(f"{who}; {read}", base, "F", library, "direct_choice")
            for who, library in (
                ("Two fact adapters", "L2"),
                ("With one of the composed task", "L3"),
            )
            for base, read in _READ.items()
        ],
        rules=MAIN,
        note=_WORLD + "All names are new. Dotted: chance.",
    ),
    "familiarity": Picture(
        claims=("unseen_relations",),
        title="What of the facts must be familiar",
        rows=[
            Row(f"{words}, template in pre-training", "Pcr", setting, "L2", alone=("AB",))
            for words, setting in (
                ("All names new", "F"),
                ("Answers familiar", "H"),
                ("Bridge and second fact familiar", "K"),
            )
        ]
        + [Row("All names familiar, relations in no template", "Pcr", "Rn", "L2", alone=("AB",))],
        rules=(*MAIN, "twins", "hop_oracle"),
        note=_WORLD + "Two fact adapters, two-hop questions answered by steps.",
    ),
    "selection": Picture(
        claims=("selection",),
        title="Does it matter whom Arrow selects?",
        rows=[
            Row(f"{asked}; {read}", base, "F", "L2", measure)
            for asked, measure in (("First hop", "hop1"), ("Second hop", "hop2"))
            for base, read in _READ.items()
        ]
        + [Row("Both hops by steps; template in pre-training", "Pcr", "F", "L2")],
        rules=("arrow", "arrow_random"),
        note=_WORLD + "Two fact adapters, all names are new.",
    ),
    "math": Picture(
        claims=(),
        title="Word problems of one, two and three steps",
        rows=[
            Row(f"{asked}; answers {how}", "sums", "all", library, measure, alone=alone)
            for how, library in (("step by step", "running"), ("as programs", "code"))
            for asked, measure, alone in (
                ("One step", "level1", (f"{library}1",)),
                ("Two steps", "level2", (f"{library}2",)),
                ("Three steps, in no lesson", "level3", (f"{library}1", f"{library}2")),
            )
        ],
        rules=(*MAIN, "twins"),
        note="One adapter learnt problems of one step, one those of two; where both are shown "
        "alone, the first one stands above. Dotted: the commonest answer.",
    ),
    "word_lists": Picture(
        claims=("both_lists", "way_in_experts", "one_style"),
        title="Problems that need the words of both adapters",
        rows=[
            _words("By steps, base has read such problems", "problems", "running"),
            _words("By programs, base has read such problems", "problems", "code"),
            Row(
                "By programs, but one adapter learnt steps",
                "problems",
                "code",
                "two_styles",
                "mixed",
                alone=("A", "Brunning"),
            ),
            _words("By programs, base has read sums alone", "basics", "code_unread"),
            _words("By programs, a real model", "fetched", "code_unread"),
        ],
        rules=(*MAIN, "twins"),
        note="Each adapter knows one list of invented words. Dotted: the commonest answer.",
    ),
    "places": Picture(
        claims=(),
        title="Two-hop questions to a real model, by steps",
        rows=[
            Row(f"{said[0].upper()}{said[1:]}; {taught}", "fetched", setting, library, alone=alone)
            for taught, library, alone in (
                ("two fact adapters", "L2", ("AB",)),
                ("template in both adapters", "L2+T", ("AB+T",)),
            )
            for setting, said in _PLACES.items()
        ],
        rules=(*MAIN, "hop_oracle"),
        note="City, its country, the country's capital. The one adapter knows the first fact.",
    ),
}
