"""Folds of a replicate: every row is tested once, by what the rows of the others teach."""

import io

import prepare_task
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recycling.ground.errors import InputError
from recycling.tasks import cross_validation, rows_used
from recycling.tasks.cross_validation import named, parsed
from recycling.tasks.record import Counts, Example, Task, read_examples, read_task
from recycling.tasks.splits import Splits, shared_out, split

SIZES = {"train": 80, "valid": 20, "test": 48, "candidates": 3}


def toy(items, **more):
    examples = [Example(f"{i:03}", f"in {i}", (f"out {i % 7}",)) for i in range(items)]
    return Task("toy", "Do.", tuple(examples), **more)


def folds_of(items, folds, replicate=0, **changes) -> list[Splits]:
    return [
        split(
            toy(items),
            seed=7,
            replicate=named(replicate, fold),
            folds=folds,
            **{**SIZES, **changes},
        )
        for fold in range(folds)
    ]


def ids(rows):
    return [row.id for row in rows]


# names


def test_a_name_has_the_replicate_and_the_fold():
    assert named(3, 12) == "3.12"
    assert parsed("3.12") == ("3", 12)
    assert parsed("3") == ("3", 0) == parsed(3)
    assert cross_validation.count(["0", "1"]) == 1
    assert cross_validation.count(["0.0", "0.1", "1.0", "1.1"]) == 2
    assert [name for name in ("0", "1", "0.0", "0.1", "1.0") if cross_validation.first(name)] == [
        "0",
        "0.0",
    ]
    assert [cross_validation.of_first(name) for name in ("4", "4.2")] == ["0", "0.2"]


def test_the_folds_of_a_replicate_stand_together_when_names_are_sorted():
    names = sorted(named(replicate, fold) for replicate in range(12) for fold in range(12))
    assert all(len({parsed(name)[0] for name in names[i : i + 12]}) == 1 for i in range(0, 144, 12))


# rows


@given(
    items=st.integers(48, 200),
    folds=st.integers(2, 20),
    replicate=st.integers(0, 3),
    train=st.integers(1, 120),
    valid=st.integers(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_every_row_is_tested_once_a_replicate_and_taught_by_none_of_its_fold(
    items, folds, replicate, train, valid
):
    found = folds_of(items, folds, replicate, train=train, valid=valid)
    assert sorted(row for fold in found for row in ids(fold.test)) == ids(toy(items).examples)
    for fold in found:
        rows = ids([*fold.train, *fold.valid, *fold.test])
        assert len(set(rows)) == len(rows)
        assert min(len(fold.train), len(fold.valid), len(fold.test)) >= 1
        assert len(fold.train) <= train
        assert len(fold.valid) <= valid
        labelled = len(fold.train) + len(fold.valid)
        assert labelled == min(train + valid, items - len(fold.test))
    sizes = {len(fold.test) for fold in found}
    assert max(sizes) - min(sizes) <= 1


def test_a_hundred_rows_in_five_folds():
    found = folds_of(100, 5)
    assert {tuple(map(len, (of.train, of.valid, of.test))) for of in found} == {(64, 16, 20)}


def test_replicates_deal_their_rows_anew_and_folds_of_one_do_not():
    first, again, other = folds_of(100, 5), folds_of(100, 5), folds_of(100, 5, replicate=1)
    assert first == again
    assert ids(first[0].test) != ids(other[0].test)


def test_where_not_all_rows_fit_each_fold_begins_at_another():
    found = folds_of(200, 5, train=30, valid=10)
    assert len({row for fold in found for row in ids(fold.train + fold.valid)}) > 0.8 * 200


@pytest.mark.parametrize(
    ("labelled", "expected"), [(100, (80, 20)), (300, (80, 20)), (80, (64, 16)), (3, (2, 1))]
)
def test_fewer_labelled_rows_are_shared_out_as_those_asked_for(labelled, expected):
    assert shared_out(labelled, train=80, valid=20) == expected


def test_tasks_without_folds():
    with pytest.raises(InputError, match=r"task toy: items: found 47, expected at least 48; add"):
        folds_of(47, 5)
    own = toy(100, test=(Example("t", "test", ("a",)),))
    message = r"split.folds: found 5, expected 1 beside a test part .*; set it to 1, or remove"
    with pytest.raises(InputError, match=message):
        split(own, seed=1, replicate="0.0", folds=5, **SIZES)


# what is said


def counts(train, valid, test, items=100):
    return Counts(items=items, train=train, valid=valid, test=test, dropped=0)


@pytest.mark.parametrize(
    ("found", "changes", "expected"),
    [
        ([counts(80, 20, 48, 300)], {}, ""),
        (
            [counts(43, 9, 48)],
            {},
            "100 rows, too few for the 80 to train, 20 to validate and 48 to test that are asked "
            "for. In each run 43 train, 9 validate and 48 are tested. `split: {folds: 5}` tests "
            "every row.",
        ),
        (
            [counts(80, 20, 40, 140)],
            {},
            "40 rows to test in each run, not the 48 that are asked for.",
        ),
        (
            [counts(64, 16, 20)],
            {"folds": 5},
            "100 rows, each tested once a replicate. In each of 5 folds 20 are tested, and of the "
            "others 64 train and 16 validate (80 and 20 are asked for).",
        ),
        (
            [counts(80, 20, 41, 203), counts(80, 20, 40, 203)],
            {"folds": 5},
            "203 rows, each tested once a replicate. In each of 5 folds 40 to 41 are tested, and "
            "of the others 80 train and 20 validate.",
        ),
    ],
)
def test_what_became_of_rows_is_said_where_it_is_not_what_was_asked(found, changes, expected):
    assert rows_used.told(found, {**SIZES, **changes}) == expected


def test_the_console_hears_it_once(tmp_path):
    rows = tmp_path / "rows.jsonl"
    lines = (f'{{"input": "in {i}", "output": "out {i % 7}"}}' for i in range(100))
    rows.write_text("\n".join(lines))
    names = ("train.jsonl", "valid.jsonl", "test.jsonl", "task.json", "dropped.tsv")
    said = io.StringIO()
    for replicate in ("0.0", "0.1", "1.0"):
        prepare_task.main(
            "mine",
            replicate,
            "file",
            {"path": str(rows), "instruction": "Do."},
            {**SIZES, "folds": 5},
            7,
            *(str(tmp_path / name) for name in names),
            said,
        )
    assert said.getvalue().startswith(
        "task mine has 100 rows, each tested once a replicate. In each"
    )
    assert said.getvalue().count("\n") == 1
    assert len(read_examples(tmp_path / "test.jsonl")) == 20
    assert read_task(tmp_path / "task.json").counts == counts(64, 16, 20)
