"""Targets that are others with fewer labelled rows: what they inherit, and what is refused."""

import pytest
from plan_cases import changed, of_arms

from recycling.ground.errors import InputError
from recycling.plan.study.file import complete, keys_of
from recycling.plan.work import tasks
from recycling.tasks.fewer_rows import Whole

FEW = {"fewer_of": "months", "split": {"train": 4, "valid": 2}}
WHOLE = {"train": 16, "valid": 8, "test": 48, "candidates": 3}


def test_a_task_inherits_all_but_its_numbers_of_rows():
    study = changed(tasks__few=FEW, tasks__plurals={"fewer_of": "plural"})
    assert tasks.task_source(study, "few") == "file"
    assert tasks.task_options(study, "few") == tasks.task_options(study, "months")
    assert tasks.whole(study, "few") == Whole("months", WHOLE)
    assert tasks.task_split(study, "few") == WHOLE | {"train": 4, "valid": 2}
    assert tasks.whole(study, "months") is None
    assert tasks.task_options(study, "plurals") == {"of": "plural"}
    assert complete(keys_of(study)) == study


FAULTS = {
    "unknown": ({"fewer_of": "moths"}, r"tasks.few: found .*, expected also \['source'\]"),
    "unknown, with a source": (
        {"source": "builtin", "of": "plural", "fewer_of": "plurals"},
        r"tasks.few.fewer_of: found 'plurals', expected a task, one of",
    ),
    "itself": (
        {"source": "builtin", "fewer_of": "few"},
        r"tasks.few.fewer_of: found 'few', expected a task that is not fewer rows of one itself",
    ),
    "of fewer": (
        {"fewer_of": "fewest"},
        r"tasks.few.fewer_of: found 'fewest', expected a task that is not .*; name the task that",
    ),
    "other options": (
        FEW | {"instruction": "Say the month."},
        r"tasks.few: found .*, expected what tasks.months says.* remove all keys but split and few",
    ),
    "more rows": (
        {"fewer_of": "months", "split": {"train": 17}},
        r"tasks.few.split.train: found 17, expected at most 16, as in tasks.months",
    ),
    "other test rows": (
        {"fewer_of": "months", "split": {"test": 50}},
        r"few.split.test: found 50, expected 48 as in tasks.months: the test rows are the same",
    ),
}


@pytest.mark.parametrize(("task", "message"), FAULTS.values(), ids=FAULTS)
def test_fewer_rows_that_are_none(task, message):
    with pytest.raises(InputError, match=message):
        changed(tasks__fewest=FEW, tasks__few=task)


def test_a_mean_over_targets_with_the_same_test_rows():
    message = r"main_comparison.targets: found \['months', 'few'\], expected targets of which no"
    both = {"tasks__few": FEW, "targets": ["months", "few"]}
    with pytest.raises(InputError, match=message):
        of_arms({"base": {}}, **both)
    study = changed(
        arms={"base": {}},
        experiments={"main_comparison": {"arms": ["base"], "targets": ["few"]}},
        **both,
    )
    assert study.all_targets == ["months", "few"]


NUMBERS = {
    "one number twice": (
        ["months", "few", "other"],
        r"labelled_rows.targets: found {'few': 6, 'other': 6}, expected of each task one",
    ),
    "a number that another task lacks": (
        ["months", "few", "third_person"],
        r"found {'months': \[6, 24\], 'third_person': \[24\]}, expected the same numbers of lab",
    ),
    "one number": (["months"], r"found {'months': \[24\]}, expected the same .* two or more"),
}


@pytest.mark.parametrize(("targets", "message"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_of_labelled_rows_that_make_no_curve(targets, message):
    arms = {
        "fresh": {"fresh": True},
        "recalibrated": {"fresh": True, "merge": {"method": "learned"}},
    }
    with pytest.raises(InputError, match=message):
        changed(
            arms=arms,
            targets=targets,
            experiments={
                "main_comparison": {"arms": ["*"], "targets": ["months"]},
                "labelled_rows": {"arms": ["*"]},
            },
            tasks__few=FEW,
            tasks__other={"fewer_of": "months", "split": {"train": 3, "valid": 3}},
        )
