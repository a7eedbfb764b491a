"""The catalogue of the paper's tasks is complete and closed."""

import copy
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
    "no file": (None, "tasks_from: found .*, expected a readable catalogue"),
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
