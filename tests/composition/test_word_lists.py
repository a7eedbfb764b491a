"""Word lists: problems in invented words, against Python's arithmetic, and who may read them."""

from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.composition import SUBJECTS, arithmetic, invented_words, program, word_lists
from recycling.ground.errors import InputError

SUBJECT = word_lists.word_lists(2, familiar=8, fresh=8, rows=300, train=40, test=12)
LANGUAGE = invented_words.invent(8, 8, np.random.default_rng(0))
OPERATORS = {
    "+": lambda x, n: x + n,
    "-": lambda x, n: x - n,
    "*": lambda x, n: x * n,
    "/": lambda x, n: x / n,
}
ORDERS = st.sampled_from(["k", "kk", "aa", "ab", "ba"])
SEEDS = st.integers(0, 200)


def drawn(order, seed, tested=False):
    generator = np.random.default_rng(seed)
    return next(invented_words.problems(LANGUAGE, [order], 40, generator, tested))


def lists_of(row):
    """The list of each word of a problem that means an operator."""
    return "".join(clause.split()[1][0] for clause in row.input.split(" . ")[1:-1])


def test_a_list_has_as_many_words_for_each_operator_and_no_word_of_another():
    lists = LANGUAGE.meanings
    for meanings in lists.values():
        assert set(Counter(meanings.values()).items()) == {(operator, 2) for operator in "+-*/"}
    assert len({word for meanings in lists.values() for word in meanings}) == 24


@given(ORDERS, SEEDS)
def test_values_follow_from_the_words_and_stay_in_the_range(order, seed):
    problem = drawn(order, seed)
    assert [word[0] for word, _ in problem.steps] == list(order)
    found = arithmetic.values(problem.start, problem.done)
    for (before, after), (word, n) in zip(pairwise(found), problem.steps, strict=True):
        assert after == OPERATORS[LANGUAGE.operator(word)](before, n)
    assert all(0 <= value <= 40 for value in found)


@given(ORDERS, SEEDS)
def test_all_styles_come_to_the_same_number(order, seed):
    problem = drawn(order, seed)
    texts = {style: problem.text(style)[1] for style in invented_words.STYLES}
    number = arithmetic.values(problem.start, problem.done)[-1]
    assert program.run(texts["code"]) == number
    assert {arithmetic.comes_to(text) for text in texts.values()} == {str(number)}
    assert max(len(text.split()) for text in texts.values()) <= SUBJECT.cap


def test_each_step_of_a_running_answer_is_a_sum_of_pre_training():
    sums = {(row.input, row.answers[0]) for row in SUBJECT.pretraining("basics")}
    every = arithmetic.basics(SUBJECT.words, 60000, 40, np.random.default_rng(1))
    assert sums & set(every)
    for seed in range(50):
        for step in drawn("ab", seed).text("running")[1].split(" SEP "):
            asked, answer = step.split(" ANS ")
            assert (f"{asked} ANS", answer) in every


def test_the_tested_pairs_of_name_and_theme_are_in_no_lesson():
    asked = [row for rows in SUBJECT.questions("code").values() for row in rows]
    pairs = {(row.input.split()[0], row.input.split()[3]) for row in asked}
    for expert in ("A", "AB", "A+B", "Brunning"):
        for row in SUBJECT.lessons("code", expert)[:40]:
            assert (row.input.split()[0], row.input.split()[3]) not in pairs


@pytest.mark.parametrize(
    ("expert", "lists"), [("A", {"aa"}), ("Bdirect", {"bb"}), ("AB", {"ab", "ba"})]
)
@pytest.mark.parametrize(("setting", "asked"), [("running", "STEPS"), ("code_unread", "PROGRAM")])
def test_an_expert_reads_words_of_its_own_lists_and_rehearses_what_its_base_has_read(
    expert, lists, setting, asked
):
    rows = SUBJECT.lessons(setting, expert)
    new, again = rows[:40], rows[40:]
    assert {lists_of(row) for row in new} == lists
    style = "NUMBER" if expert == "Bdirect" else asked
    assert all(row.input.endswith(style) for row in new)
    assert len(again) == 40
    solved = [row for row in again if not row.input.endswith((" ANS", " COT"))]
    assert len(solved) == (20 if setting == "running" else 0)
    assert {lists_of(row) for row in solved} <= {"k", "kk"}


def test_a_base_that_knows_problems_knows_none_of_the_experts_words():
    rows = [row for row in SUBJECT.pretraining("problems") if "how many" in row.input]
    told = [row for row in rows if " has " in row.input and not row.input.endswith("COT")]
    assert len(told) == 300
    assert {lists_of(row) for row in told} == {"k", "kk"}
    lengths = Counter((row.input.split()[-1], len(lists_of(row))) for row in told)
    assert set(lengths.values()) == {50}  # of one step and of two, in each style


def test_mixed_problems_need_a_word_of_either_list_in_either_order():
    asked = SUBJECT.questions("direct")
    kinds = {form: {lists_of(row) for row in rows} for form, rows in asked.items()}
    assert kinds == {"words_a": {"aa"}, "words_b": {"bb"}, "mixed": {"ab", "ba"}}
    assert all(len({row.input for row in rows}) == 12 for rows in asked.values())


def test_problems_without_end_alternate_between_their_orders():
    told = invented_words.problems(LANGUAGE, ["k", "ab"], 40, np.random.default_rng(3))
    assert [len(problem.steps) for problem in islice(told, 4)] == [1, 2, 1, 2]


@pytest.mark.parametrize("style", invented_words.STYLES)
def test_the_judge_reads_every_style(style):
    row = SUBJECT.questions(style)["mixed"][0]
    number = next(iter(SUBJECT.questions("direct")["mixed"])).answers[0]
    for other in invented_words.STYLES:
        (answer,) = SUBJECT.questions(other)["mixed"][0].answers
        assert SUBJECT.judge("mixed", row, answer) == (number, True, None)
    assert not SUBJECT.judge("mixed", row, "x = 1 ; print").right
    assert not SUBJECT.judge("mixed", row, "").right


def test_every_word_of_every_text_is_known():
    known = set(SUBJECT.words)
    rows = SUBJECT.pretraining("problems") + SUBJECT.lessons("code", "A+Brunning+ABdirect")
    rows += [row for asked in SUBJECT.questions("code").values() for row in asked]
    for row in rows:
        assert set(row.input.split()) | set(row.answers[0].split()) <= known


@pytest.mark.parametrize("size", [0, -4, 6])
def test_a_list_whose_operators_are_uneven_is_refused(size):
    message = rf"word_lists: words of list a: found {size}, expected a multiple of 4"
    with pytest.raises(InputError, match=message):
        word_lists.word_lists(1, familiar=8, fresh=size)


def test_a_range_without_room_for_the_first_number_is_refused():
    small = word_lists.word_lists(1, largest=19)
    with pytest.raises(InputError, match="word_lists: largest: found 19, expected at least 20"):
        small.questions("code")


def test_an_expert_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="expert: C: found 'C', expected A, B or AB"):
        SUBJECT.lessons("code", "C")


def test_gates_ask_each_expert_for_its_own_words():
    assert SUBJECT.own("A") == ["words_a"]
    assert SUBJECT.own("A+Brunning") == ["words_a", "words_b"]
    assert SUBJECT.own("AB") == ["mixed"]


def test_each_setting_of_the_subject_has_a_style():
    assert tuple(word_lists.SETTINGS) == SUBJECTS["word_lists"].settings
    assert {style for style, _ in word_lists.SETTINGS.values()} == set(invented_words.STYLES)
