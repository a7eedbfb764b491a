"""The catalogue of the paper's tasks is complete and closed."""

import copy
import os
import re

import pytest
import studies
import yaml

from recycling.ground.errors import InputError
from recycling.plan.study import file as study_file
from recycling.tasks import catalogue

PATH = studies.ROOT / "workflow/studies/tasks62.yaml"
CONTENT = yaml.safe_load(PATH.read_text())
TASKS = CONTENT["tasks"]
REPLAY = yaml.safe_load((studies.ROOT / "workflow/studies/replay.yaml").read_text())
SHIPPED = [
    "boolean_expressions",
    "disfl_qa",
    "elementary_math_qa_question_only",
    "formal_fallacies_syllogisms_negation",
    "hyperbaton",
    "intersect_geometry",
    "mnist_ascii",
    "multistep_arithmetic",
    "object_counting",
    "qa_wikidata",
    "reasoning_about_colored_objects",
    "sports_understanding",
    "temporal_sequences",
    "tracking_shuffled_objects",
    "twitter_complaints",
    "unit_conversion_si_conversion",
    "web_of_lies",
]


def test_the_62_tasks_are_those_of_the_published_tables():
    assert sorted([*TASKS, *CONTENT["unavailable"]]) == sorted(REPLAY["tasks"])
    assert len(TASKS) + len(CONTENT["unavailable"]) == 62


def test_counts_by_type():
    counts = {kind: len(names) for kind, names in CONTENT["types"].items()}
    assert counts == {
        "question_answering": 2,
        "short_answer": 2,
        "math": 1,
        "chain_of_thought": 1,
    }
    named = {name for names in CONTENT["types"].values() for name in names}
    assert named <= set(TASKS)
    assert 62 - len(named) == 56


def test_tasks_that_the_authors_ship_have_a_public_source_or_a_reason():
    assert len(SHIPPED) == 17
    for name in SHIPPED:
        if name in TASKS:
            assert TASKS[name]["repo"] in ("tasksource/bigbench", "lukaemon/bbh")
        else:
            assert len(CONTENT["unavailable"][name]) > 40


def study():
    default = yaml.safe_load((studies.ROOT / "config.yaml").read_text())
    default["tasks_from"] = str(PATH)
    return default


def test_every_row_is_a_valid_task():
    full = study_file.complete(study())
    assert set(TASKS) < set(full.tasks)
    assert full.tasks["glue_sst2"].options["commit"]


def test_a_typo_in_a_row_is_named(tmp_path):
    content = copy.deepcopy(CONTENT)
    content["tasks"]["anli"]["colums"] = {}
    (tmp_path / "tasks.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match="found 'colums', expected an option of 'hub'"):
        study_file.complete(study() | {"tasks_from": str(tmp_path / "tasks.yaml")})


def test_pins_are_of_the_data_sets_in_use_and_full_commits():
    assert set(CONTENT["pins"]) == {task["repo"] for task in TASKS.values()}
    for pin in CONTENT["pins"].values():
        assert pin is None or re.fullmatch("[0-9a-f]{40}", pin)


def test_instructions_are_short_sentences():
    for name, task in TASKS.items():
        assert 20 <= len(task["instruction"]) <= 120, name
        assert task["instruction"].endswith((".", "?")), name


FAULTS = {
    "no file": (None, "content: found .*No such file .*, expected YAML in UTF-8; correct the"),
    "no mapping": ("- a", r"keys: found \['a'\], expected tasks"),
    "unknown key": ("task: {}", r"keys: found \['task'\]"),
    "no pin": (
        "tasks: {x: {source: hub, repo: a/b}}",
        "tasks.x.repo: found 'a/b', expected a data",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_fault_of_a_catalogue(tmp_path, text, message):
    file = tmp_path / "tasks.yaml"
    if text:
        file.write_text(text)
    with pytest.raises(InputError, match=message):
        catalogue.read(str(file))


TASK = "{source: hub, repo: a/b, commit: %s, instruction: x, fields: {a: b}, answer: c}" % (
    "0" * 40
)
# What may lie where a study says that its catalogue is; text, bytes, or what makes it.
FORMS = {
    "nothing": (lambda path: None, "tasks_from: found .*, expected a file"),
    "a folder": (os.mkdir, "tasks_from: found .*, expected a file"),
    "a named pipe": (os.mkfifo, "tasks_from: found .*, expected a file"),
    "a device": (
        lambda path: path.symlink_to("/dev/zero"),
        "tasks_from: found .*, expected a file",
    ),
    "empty": ("", r"keys: found None, expected tasks, and of \['commits_in_public_code'"),
    "a list": ("[a]", r"keys: found \['a'\], expected tasks"),
    "a word": ("tasks", "keys: found 'tasks', expected tasks"),
    "a number as a key": ("{1: 2, tasks: {}}", r"keys: found \[1, 'tasks'\], expected tasks"),
    "binary": (bytes(range(256)), "content: found .*UnicodeDecodeError.*, expected YAML in UTF-8"),
    "another encoding": ("tasks: {}".encode("utf-16"), "content: found .*UnicodeDecodeError"),
    "no YAML": ("tasks: {", "content: found .*ParserError"),
    "an escape beyond Unicode": ('tasks: {a: "\\UFFFFFFFF"}', "content: found .*OverflowError"),
    "twice": (f"tasks:\n  a: {TASK}\n  a: {TASK}", "tasks.a: found 'it in lines 2 and 3', expec"),
    "deep": ("tasks: " + "[" * 5000, "content: found .*RecursionError"),
    "deeper than a study": ("tasks: {a: " + "{a: " * 30 + "}" * 31, "tasks.*at most 20 levels"),
    "no tasks": ("pins: {}", r"keys: found \['pins'\], expected tasks"),
    "tasks without a value": ("tasks:", "tasks: found None, expected keys with values"),
    "tasks in a list": ("tasks: [a, b]", r"tasks: found \['a', 'b'\], expected keys with values"),
    "a task that is a word": ("tasks: {a: b}", "tasks.a: found 'b', expected keys with values"),
    "a task without a value": ("tasks: {a: }", "tasks.a: found None, expected keys with values"),
    "a task with a number as a name": ("tasks: {1: {}}", "tasks: found 1, expected text as a key"),
    "a task of a long name": (f"tasks: {{{'a' * 300}: {TASK}}}", "tasks: found 'aaa.*at most 80"),
    "pins in a list": ("{pins: [a], tasks: {}}", r"pins: found \['a'\], expected keys with values"),
    "a repository that is a list": (
        "{pins: {a: b}, tasks: {x: {repo: [a]}}}",
        r"tasks.x.repo: found \['a'\], expected a data set of pins",
    ),
    "a pin that is a list": (
        "{pins: {a/b: [c]}, tasks: {x: {source: hub, repo: a/b}}}",
        r"tasks.x.source.commit: found \['c'\]",
    ),
    "a date": ("tasks: {a: {source: 2026-01-01}}", "tasks.a.source: found datetime.date"),
    "code": ("tasks: !!python/name:os.system", "content: found .*ConstructorError"),
}


@pytest.mark.hostile
@pytest.mark.parametrize(("content", "message"), FORMS.values(), ids=FORMS)
def test_whatever_lies_at_tasks_from_is_one_line(tmp_path, content, message):
    path = tmp_path / "tasks.yaml"
    if callable(content):
        content(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = study() | {"tasks_from": str(path), "study": "mine"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(said))
    with pytest.raises(InputError, match=message) as caught:
        study_file.opened(said, [tmp_path / "mine.yaml"], look=True)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("value", [None, 3, [], {}, ["a.yaml"], "", "a\0b"], ids=repr)
def test_whatever_tasks_from_itself_is_is_one_line(value):
    with pytest.raises(InputError, match="config: tasks_from: found "):
        study_file.opened(study() | {"tasks_from": value}, [], look=True)
