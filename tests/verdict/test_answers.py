import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.verdict.answers import ADJECTIVES, SENTENCES, decide, headline

OUTCOMES = ("more", "less", "equivalent", "undecided")
NOTHING = "The pool adds nothing that matters to a fresh LoRA."
REPLACES = "No primary contrast asks whether the pool can replace a fresh LoRA."
ADDS = "No primary contrast asks whether the pool adds to a fresh LoRA."


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], "unasked"),
        (["more"], "more"),
        (["less", "more", "undecided"], "more"),
        (["less", "less"], "less"),
        (["equivalent"], "equivalent"),
        (["less", "equivalent"], "equivalent"),
        (["undecided"], "undecided"),
        (["less", "undecided"], "undecided"),
        (["equivalent", "undecided"], "undecided"),
    ],
)
def test_decide(outcomes, expected):
    assert decide(outcomes) == expected


@given(st.lists(st.sampled_from(OUTCOMES)))
def test_decide_ignores_order_and_repetition(outcomes):
    assert decide(outcomes) == decide(sorted(set(outcomes)))


@pytest.mark.parametrize(
    ("instead", "together", "expected"),
    [
        ("more", "more", "Train a fresh LoRA and merge it with the pool."),
        ("less", "more", "Train a fresh LoRA and merge it with the pool."),
        ("more", "undecided", "Recycle the pool."),
        ("more", "unasked", f"Recycle the pool. {ADDS}"),
        ("less", "less", "Train a fresh LoRA."),
        ("less", "equivalent", "Train a fresh LoRA."),
        (
            "equivalent",
            "less",
            "Train a fresh LoRA. Recycling alone is as good within the margin, so the cost may "
            "decide.",
        ),
        ("undecided", "less", "The data do not decide."),
        (
            "less",
            "undecided",
            "The data do not decide. Recycling alone is worse than a fresh LoRA; whether the pool "
            "adds to one is open.",
        ),
        (
            "equivalent",
            "undecided",
            "The data do not decide. Recycling alone is no better than a fresh LoRA; whether the "
            "pool adds to one is open.",
        ),
        ("less", "unasked", f"Train a fresh LoRA. {ADDS}"),
        (
            "equivalent",
            "unasked",
            "Train a fresh LoRA. Recycling alone is as good within the margin, so the cost may "
            f"decide. {ADDS}",
        ),
        ("unasked", "less", f"{NOTHING} {REPLACES}"),
        ("unasked", "equivalent", f"{NOTHING} {REPLACES}"),
        ("unasked", "undecided", f"The data do not decide. {REPLACES}"),
        ("undecided", "unasked", f"The data do not decide. {ADDS}"),
        ("unasked", "more", f"Train a fresh LoRA and merge it with the pool. {REPLACES}"),
        ("unasked", "unasked", "This study compares no recycled arm with a fresh LoRA."),
    ],
)
def test_headline(instead, together, expected):
    assert headline(instead, together) == expected


def test_every_question_has_a_sentence_for_every_answer():
    for sentences in SENTENCES.values():
        assert set(sentences) == set(ADJECTIVES) == {*OUTCOMES, "unasked"}
