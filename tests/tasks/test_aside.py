"""Rows that are set aside never come back, in no replicate and in no part."""

import json
import sys
from dataclasses import replace

import prepare_task
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.community import training
from recycling.community.recipe import CommunityAdapter, Training
from recycling.ground.errors import InputError
from recycling.tasks import builtin
from recycling.tasks.aside import Aside, divided
from recycling.tasks.record import Example, Task, read_examples
from recycling.tasks.splits import split


def toy(rows=200, own_test=0):
    """A task with that many rows, and with test rows of its own."""
    found = [Example(f"e{i}", f"item {i}", (f"answer {i % 7}",)) for i in range(rows + own_test)]
    return Task("toy", "Answer.", tuple(found[:rows]), test=tuple(found[rows:]))


def ids(rows):
    return {row.id for row in rows}


@given(
    st.integers(100, 250),
    st.integers(1, 150),
    st.integers(0, 5),
    st.lists(st.integers(0, 30), min_size=1, max_size=4, unique=True),
    st.integers(48, 300),
    st.sampled_from([0, 60]),
)
def test_no_replicate_draws_a_row_that_is_set_aside(rows, count, seed, replicates, test, own_test):
    task = toy(rows, own_test)
    count = min(count, rows - (40 if own_test else 96))
    rest, aside = divided(task, Aside(count, seed))
    assert len(aside.examples) == count
    assert ids(aside.examples) | ids(rest.examples) == ids(task.examples)
    assert (rest.test, aside.test) == (task.test, ())
    for replicate in replicates:
        parts = split(
            rest, seed=seed, replicate=replicate, train=30, valid=10, test=test, candidates=3
        )
        drawn = ids(parts.train) | ids(parts.valid) | ids(parts.test)
        assert drawn.isdisjoint(ids(aside.examples))


def test_they_depend_on_the_seed_and_the_rows_alone():
    task, named = toy(), replace(toy(), name="other")
    shuffled = replace(toy(), examples=tuple(reversed(toy().examples)))
    _, first = divided(task, Aside(60, 1))
    for other in (named, shuffled):
        assert ids(divided(other, Aside(60, 1))[1].examples) == ids(first.examples)
    assert ids(divided(task, Aside(60, 2))[1].examples) != ids(first.examples)
    assert ids(divided(task, Aside(50, 1))[1].examples) < ids(first.examples)


def test_their_number_is_in_the_record():
    rest, aside = divided(toy(), Aside(60, 1))
    assert rest.source == {"set_aside": "60"}
    assert aside.source == {"only_set_aside": "60"}


@pytest.mark.parametrize(
    ("task", "count", "message"),
    [
        (
            toy(200),
            105,
            r"task toy: set_aside: found 105, expected at most 104 of its 200 rows; se",
        ),
        (toy(50), 1, "found 1, expected at most 0 of its 50 rows"),
        (toy(50, own_test=48), 50, "found 50, expected at most 49 of its 50 rows"),
    ],
)
def test_too_few_rows_are_left(task, count, message):
    with pytest.raises(InputError, match=message):
        divided(task, Aside(count, 1))


def test_the_community_learns_from_them_alone_and_the_study_from_the_others(tmp_path):
    aside = {"count": 110, "seed": 5}
    names = {"train": "train.jsonl", "valid": "valid.jsonl", "test": "test.jsonl"}
    names |= {"task": "task.json", "dropped": "dropped.tsv"}
    prepare_task.main(
        name="mine",
        replicate="0",
        source="builtin",
        options={"of": "which_language"},
        sizes={"train": 80, "valid": 20, "test": 200, "candidates": 3},
        seed=7,
        aside=aside,
        console=sys.stdout,
        **{key: str(tmp_path / name) for key, name in names.items()},
    )
    drawn = {
        row.id
        for part in names
        if names[part].endswith("jsonl")
        for row in read_examples(tmp_path / names[part])
    }
    recipe = CommunityAdapter("which_language", 200, 2, 2, False, ["q_proj"], 1, 0.1)
    learnt = training.lesson(Training(recipe, "builtin", {}, 9, "code", Aside(**aside))).rows
    assert len(learnt) == 110
    assert drawn.isdisjoint(ids(learnt))
    assert drawn | ids(learnt) == ids(builtin.load("which_language").examples)
    record = json.loads((tmp_path / "task.json").read_text())
    assert record["source"]["set_aside"] == "110"
