"""Word problems: their arithmetic against Python's, their programs, and what experts may read."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.composition import arithmetic, program, word_problems
from recycling.ground.errors import InputError

SUBJECT = word_problems.word_problems(2, rows=300, train=40, test=12)
OPERATORS = {
    "+": lambda x, n: x + n,
    "-": lambda x, n: x - n,
    "*": lambda x, n: x * n,
    "/": lambda x, n: x / n,
}


def drawn(level, seed, tested=False):
    generator = np.random.default_rng(seed)
    return next(word_problems.problems(level, word_problems.THEMES, 40, generator, tested))


@given(st.sampled_from(word_problems.LEVELS), st.integers(0, 200))
def test_values_follow_from_the_clauses_and_stay_in_the_range(level, seed):
    problem = drawn(level, seed)
    assert len(problem.steps) == level
    found = arithmetic.values(problem.start, problem.steps)
    for (before, after), (operator, n) in zip(pairwise(found), problem.steps, strict=True):
        assert after == OPERATORS[operator](before, n)
    assert all(0 <= value <= 40 for value in found)


@given(st.sampled_from(word_problems.LEVELS), st.integers(0, 200))
def test_all_styles_come_to_the_same_number(level, seed):
    problem = drawn(level, seed)
    found = arithmetic.values(problem.start, problem.steps)
    assert program.run(problem.answer("code")) == found[-1]
    assert problem.answer("running").split()[-1] == problem.answer("direct")
    assert len(problem.answer("code").split()) <= word_problems.CAP


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("x = 7 ; print x", 7),
        ("x = 7 ; x = x * 2 ; x = x - 4 ; print x", 10),
        ("x = 9 ; x = x / 3 ; print x", 3),
        ("x = 9 ; x = x / 2 ; print x", None),
        ("x = 9 ; x = x / 0 ; print x", None),
        ("x = 1 ; x = x - 2 ; print x", None),
        ("x = 999 ; x = x + 1 ; print x", None),
        ("x = 7", None),
        ("print x", None),
        ("x = x + 1 ; print x", None),
        ("x = 7 ; y = 2 ; print x", None),
        ("x = 7 ; x = x ** 2 ; print x", None),
        ("x = 7 ; import os ; print x", None),
        ("x = __import__('os') ; print x", None),
        ("x = 0007 ; print x", None),
        ("x = \u0667 ; print x", None),
        (" ; ".join(["x = 1"] * 16 + ["print x"]), None),
        ("", None),
    ],
)
def test_programs(text, printed):
    assert program.run(text) == printed


@given(st.text(alphabet="x=+-*/ ;print0123456789", max_size=60))
def test_whatever_is_written_a_program_prints_a_small_number_or_nothing(text):
    printed = program.run(text)
    assert printed is None or 0 <= printed <= program.LARGEST


def test_the_third_level_and_the_tested_pairs_of_name_and_theme_are_in_no_lesson():
    asked = [row for rows in SUBJECT.questions("all").values() for row in rows]
    pairs = {(row.input.split()[0], row.input.split()[3]) for row in asked}
    for expert in ("direct1", "running2", "code1+code2"):
        for row in SUBJECT.lessons("all", expert):
            assert (row.input.split()[0], row.input.split()[3]) not in pairs
            assert row.input.count(" . ") <= 3  # the start, two steps, the question


def test_themes_apart_share_no_theme():
    def themes(expert):
        return {row.input.split()[3] for row in SUBJECT.lessons("all", expert)}

    assert themes("running1a") & themes("running2b") == set()


def test_the_judge_reads_every_style():
    row = SUBJECT.questions("all")["level3"][0]
    for answer in row.answers:
        assert SUBJECT.judge("level3", row, answer) == (row.answers[0], True, None)
    assert not SUBJECT.judge("level3", row, "x = 1 ; print").right
    assert SUBJECT.judge("level3", row, "").said == ""


def test_every_word_of_every_text_is_known():
    known = set(SUBJECT.words)
    rows = SUBJECT.pretraining("sums") + SUBJECT.lessons("all", "code1+running2+direct1")
    rows += [row for asked in SUBJECT.questions("all").values() for row in asked]
    for row in rows:
        assert set(row.input.split()) | set(row.answers[0].split()) <= known


def test_an_expert_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="expert: code3: found 'code3', expected direct, running"):
        SUBJECT.lessons("all", "code3")


def test_gates_ask_each_expert_for_its_own_level():
    assert SUBJECT.own("direct1") == ["level1"]
    assert SUBJECT.own("code1+code2") == ["level1", "level2"]
