"""Which labelled rows a prompt shows."""

from dataclasses import replace

import pytest
from model_cases import INSTRUCTION, ROWS, example

from recycling.ground.errors import InputError
from recycling.model.demonstrations import shown
from recycling.model.embedding import by_nearness, mean_states

LABELLED, ASKED = ROWS[:4], ROWS[4:]
CAP = 4


def of(base, count, nearest=False, rows=LABELLED, asked=ASKED):
    return shown(base, INSTRUCTION, rows, asked, CAP, count, nearest)


def test_the_first_are_shown_to_all(toy_base):
    assert of(toy_base, 3) == {row.id: LABELLED[:3] for row in ASKED}
    assert of(toy_base, 0) == {row.id: () for row in ASKED}
    assert of(toy_base, "all") == {row.id: LABELLED for row in ASKED}


def test_the_nearest_stands_last(toy_base):
    prompts = [toy_base.prompt(INSTRUCTION, row.input) for row in ROWS]
    states = mean_states(toy_base, prompts)
    orders = by_nearness(states[4:], states[:4])
    for count in (1, 3):
        found = of(toy_base, count, nearest=True)
        for row, order in zip(ASKED, orders, strict=True):
            assert found[row.id] == [LABELLED[place] for place in order[:count]][::-1]


def test_the_nearest_to_a_labelled_row_is_itself(toy_base):
    for row, rows in of(toy_base, 1, nearest=True, asked=LABELLED).items():
        assert [shown_row.id for shown_row in rows] == [row]


@pytest.mark.parametrize("nearest", [False, True])
def test_all_are_as_many_as_fit_into_the_window(toy_base, monkeypatch, nearest):
    asked = [ASKED[0], replace(ASKED[1], input="a much longer question " * 3)]
    pairs = [(row.input, row.answers[0]) for row in LABELLED]
    whole = len(toy_base.prompt(INSTRUCTION, asked[1].input, pairs))
    # Not all rows fit before the longer question, but before the other.
    monkeypatch.setitem(vars(toy_base), "window", whole - 1)
    found = of(toy_base, "all", nearest, asked=asked)
    counts = [len(found[row.id]) for row in asked]
    for row, count in zip(asked, counts, strict=True):
        longest = max(CAP, *(len(toy_base.answer(text)) for text in row.choices))

        def length(rows, row=row, longest=longest):
            pairs = [(r.input, r.answers[0]) for r in rows]
            return len(toy_base.prompt(INSTRUCTION, row.input, pairs)) + longest - 1

        assert length(found[row.id]) <= toy_base.window
        if nearest and count < len(LABELLED):
            order = of(toy_base, len(LABELLED), nearest, asked=asked)[row.id]
            assert length(order[-count - 1 :]) > toy_base.window
    assert 0 < counts[1] < len(LABELLED)
    assert counts[0] == (len(LABELLED) if nearest else counts[1])


def test_not_even_one_fits(toy_base, monkeypatch):
    monkeypatch.setitem(vars(toy_base), "window", 1)
    assert of(toy_base, "all") == {row.id: [] for row in ASKED}


def test_more_rows_in_the_prompt_than_there_are(toy_base):
    with pytest.raises(InputError, match="prompt: demonstrations: found 3, expected at most the 2"):
        of(toy_base, 3, rows=LABELLED[:2])


def test_a_row_of_the_same_text_is_the_nearest(toy_base):
    twin = example("twin", LABELLED[2].input, "x", ["x", "y"])
    assert of(toy_base, 1, nearest=True, asked=[twin])["twin"] == [LABELLED[2]]
