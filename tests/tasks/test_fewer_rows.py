"""Fewer labelled rows of a task: a part of more, with the same test rows."""

import sys

import prepare_task
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recycling.ground.errors import InputError
from recycling.tasks import builtin
from recycling.tasks.fewer_rows import Whole, first_rows
from recycling.tasks.record import read_examples, read_task
from recycling.tasks.splits import split

SIZES = {"train": 256, "valid": 64, "test": 60, "candidates": 3}
COUNTS = (8, 16, 32, 64, 128, 256)
TASKS = {name: builtin.load("few", of=name) for name in ("number_words", "roman", "city_continent")}


@given(st.sampled_from(sorted(TASKS)), st.integers(0, 10**6), st.integers(0, 9))
@settings(max_examples=30)
def test_all_numbers_of_rows_have_one_test_part_and_each_is_a_part_of_the_next(name, seed, number):
    drawn = [
        first_rows(
            Whole(name, SIZES),
            TASKS[name],
            train=train,
            valid=train // 4,
            seed=seed,
            replicate=number,
        )
        for train in COUNTS
    ]
    whole = split(builtin.load(name), seed=seed, replicate=number, **SIZES)
    for train, parts in zip(COUNTS, drawn, strict=True):
        # Rows and their candidates are those of the whole task.
        assert parts.test == whole.test
        assert len(parts.test) == 60
        assert (parts.train, parts.valid) == (whole.train[:train], whole.valid[: train // 4])
        labelled = {row.id for row in (*parts.train, *parts.valid)}
        assert labelled.isdisjoint(row.id for row in parts.test)
        assert len(labelled) == train + train // 4


def test_more_rows_than_the_whole_task_has():
    message = r"task few: labelled rows of roman: found {'train': 256, .* at least 300 to train"
    with pytest.raises(InputError, match=message):
        first_rows(Whole("roman", SIZES), TASKS["roman"], train=300, valid=2, seed=1, replicate=0)


def test_the_files_of_the_test_rows_are_the_same(tmp_path):
    def prepared(task, train, whole):
        (folder := tmp_path / task).mkdir()
        prepare_task.main(
            name=task,
            replicate="0",
            source="builtin",
            options={"of": "roman"},
            sizes=SIZES | {"train": train, "valid": train // 4},
            seed=7,
            **{part: str(folder / f"{part}.jsonl") for part in ("train", "valid", "test")},
            task=str(folder / "task.json"),
            dropped=str(folder / "dropped.tsv"),
            console=sys.stdout,
            whole=whole,
        )
        return folder

    few = prepared("roman_10", 8, {"name": "roman", "sizes": SIZES})
    many = prepared("roman", 256, None)
    assert (few / "test.jsonl").read_bytes() == (many / "test.jsonl").read_bytes()
    assert read_examples(few / "train.jsonl") == read_examples(many / "train.jsonl")[:8]
    record = read_task(few / "task.json")
    assert (record.name, record.counts.train, record.counts.valid) == ("roman_10", 8, 2)
