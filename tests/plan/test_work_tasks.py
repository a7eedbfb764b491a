"""What the preparation of a task takes."""

import pytest
from plan_cases import STUDY, changed

from recycling.ground import seeds
from recycling.ground.provenance import source_digest
from recycling.plan.work import tasks
from recycling.tasks.aside import Aside

MONTHS = {"path": "months.jsonl", "instruction": "Name the month."}


def test_a_task_has_its_source_and_options():
    assert tasks.task_source(STUDY, "months") == "file"
    assert tasks.task_options(STUDY, "months") == MONTHS
    assert tasks.task_source(STUDY, "plural") == "builtin"
    assert tasks.task_options(STUDY, "plural") == {}


def test_a_task_may_have_rows_of_its_own_number():
    whole = {"train": 16, "valid": 8, "test": 48, "candidates": 3}
    assert tasks.task_split(STUDY, "months") == whole
    study = changed(tasks__months__split={"train": 4, "candidates": 2})
    assert tasks.task_split(study, "months") == whole | {"train": 4, "candidates": 2}
    assert tasks.task_split(study, "plural") == whole
    assert tasks.task_options(study, "months") == MONTHS


def test_rows_are_set_aside_by_the_study_s_seed():
    assert tasks.set_aside(STUDY, "months") is None
    study = changed(tasks__months__set_aside=20)
    assert tasks.set_aside(study, "months") == Aside(20, seeds.derive(7, "set aside"))
    assert tasks.set_aside(study, "plural") is None


def test_a_user_s_file_is_an_input():
    assert tasks.task_file(STUDY, "months") == "months.jsonl"
    assert tasks.task_file(STUDY, "plural") == []


def test_replicates_draw_their_own_rows_or_all_those_of_the_first():
    assert [tasks.labelled_replicate(STUDY, number) for number in "012"] == ["0", "1", "2"]
    same = changed(protocol__resample=False)
    assert [tasks.labelled_replicate(same, number) for number in "012"] == ["0", "0", "0"]


@pytest.mark.parametrize(("task", "module"), [("months", "files"), ("plural", "builtin")])
def test_an_edit_of_a_source_reaches_its_tasks(task, module):
    code = source_digest("tasks/prepare_task", f"recycling.tasks.{module}")
    assert tasks.task_code(STUDY, task) == code


def test_sources_differ_in_their_code():
    assert tasks.task_code(STUDY, "months") != tasks.task_code(STUDY, "plural")
