"""A path of a study counts from the study file that says it, then from the start folder."""

import json
import re

import pytest
import studies
import yaml

from recycling.ground.errors import InputError
from recycling.plan.study import file as study_file
from recycling.plan.study.paths import StudyFiles

TOY = yaml.safe_load((studies.ROOT / "tests/toy/config.yaml").read_text())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder `project` with a study in `project/studies`, and a start folder beside it."""
    for folder in ("project/studies", "start"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "start")
    return tmp_path / "project"


def questions(*files, **config):
    """The located path at the key `questions`."""
    return StudyFiles(files).located(config)["questions"]


def written(path, content):
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_study_file_comes_before_the_start_folder(project):
    study = written(project / "studies/a.yaml", {"questions": "q.jsonl"})
    here, there = project.parent / "start/q.jsonl", project / "studies/q.jsonl"
    assert questions(study, questions="q.jsonl") == "q.jsonl"
    here.touch()
    assert questions(study, questions="q.jsonl") == "q.jsonl"
    there.touch()
    assert questions(study, questions="q.jsonl") == str(there)
    assert questions(study, questions=str(here)) == str(here)


def test_a_path_below_the_start_folder_stays_relative(project, monkeypatch):
    study = written(project / "studies/a.yaml", {"questions": "../q.jsonl"})
    (project / "q.jsonl").touch()
    (project / "studies/q.jsonl").touch()
    monkeypatch.chdir(project)
    assert questions(study, questions="../q.jsonl") == "q.jsonl"
    inner = written(project / "studies/b.yaml", {"questions": "q.jsonl"})
    assert questions("studies/b.yaml", questions="q.jsonl") == "studies/q.jsonl"
    monkeypatch.chdir(project / "studies")
    assert questions(inner, questions="q.jsonl") == "q.jsonl"
    assert questions(study, questions="../q.jsonl") == "../q.jsonl"


def test_a_path_counts_from_the_last_file_that_says_it(project):
    first = written(project / "studies/a.yaml", {"questions": "q.jsonl"})
    second = written(project / "b.yaml", {"seed": 1})
    for folder in (project, project / "studies", project.parent / "start"):
        (folder / "q.jsonl").touch()
    assert questions(first, second, questions="q.jsonl") == str(project / "studies/q.jsonl")
    written(second, {"questions": "q.jsonl"})
    assert questions(first, second, questions="q.jsonl") == str(project / "q.jsonl")
    # From the command line: no file says it.
    written(first, {"questions": "other.jsonl"})
    written(second, {"questions": "another.jsonl"})
    assert questions(first, second, questions="q.jsonl") == "q.jsonl"


def test_every_path_of_a_study_is_found(project):
    config = {
        "tasks_from": "there",
        "questions": "there",
        "folder": "there",
        "base": {"source": {"kind": "path", "path": "there"}},
        "pool": {"hub": {"path": "there", "ids": "there"}},
        "tasks": {"a": {"path": "there"}, "b": {"path": "nowhere", "instruction": "there"}, "c": 1},
        "study": "there",
    }
    study = written(project / "a.yaml", config)
    (project / "there").mkdir()
    found = StudyFiles([study]).located(config)
    paths = [
        found["tasks_from"],
        found["questions"],
        found["folder"],
        *found["pool"]["hub"].values(),
    ]
    paths += [found["base"]["source"]["path"], found["tasks"]["a"]["path"]]
    assert set(paths) == {str(project / "there")}
    assert found["tasks"]["b"] == config["tasks"]["b"]
    assert found["study"] == "there"


def test_the_home_folder_may_be_written_as_a_tilde(project, monkeypatch):
    monkeypatch.setenv("HOME", str(project))
    (project / "q.jsonl").touch()
    study = written(project / "a.yaml", {"questions": "~/q.jsonl"})
    assert questions(study, questions="~/q.jsonl") == str(project / "q.jsonl")
    assert questions(study, questions="~nobody-here/q") == "~nobody-here/q"


def test_a_study_may_be_json_with_tabs(project):
    (project / "q.jsonl").touch()
    study = project / "a.json"
    study.write_text(json.dumps({"questions": "q.jsonl"}, indent="\t"))
    assert questions(study, questions="q.jsonl") == str(project / "q.jsonl")


@pytest.mark.parametrize("path", ["", "x" * 300, "{q}"])
def test_what_is_no_path_stays(project, path):
    (project / "studies/{q}").mkdir()
    config = {"base": {"source": {"path": path}}}
    study = written(project / "a.yaml", {})
    assert StudyFiles([study]).located(config) == config


def opened(project, **changes):
    """The toy study with changes, read from a file in the project."""
    study = written(project / "studies/toy.yaml", TOY | changes)
    (project / "studies/base").mkdir(exist_ok=True)
    (project / "studies/months.jsonl").touch()
    return study_file.opened(TOY | changes, [study], look=True)


def test_a_study_is_opened_with_its_paths_found(project):
    study = opened(project)
    assert study.tasks["months"].options["path"] == str(project / "studies/months.jsonl")
    assert study.base.source.options["path"] == str(project / "studies/base")


def test_tasks_of_a_catalogue_count_from_the_catalogue(project):
    (project / "data").mkdir()
    (project / "data/mine.jsonl").touch()
    mine = {"source": "file", "path": "mine.jsonl", "instruction": "Answer."}
    written(project / "data/tasks.yaml", {"tasks": {"mine": mine}})
    study = opened(project, tasks_from="../data/tasks.yaml")
    assert study.tasks["mine"].options["path"] == str(project / "data/mine.jsonl")
    (project / "data/mine.jsonl").unlink()
    both = f"mine.jsonl', .* counts from {project}/data, then from {project.parent}/start"
    with pytest.raises(InputError, match=both):
        opened(project, tasks_from="../data/tasks.yaml")


MISSING = {
    "tasks_from": ({"tasks_from": "none"}, "tasks_from: found 'none', expected a file"),
    "base": (
        {"base": TOY["base"] | {"source": {"kind": "path", "path": "none"}}},
        "base.source.path: found 'none', expected a folder",
    ),
    "hub": (
        {"pool": TOY["pool"] | {"hub": {"kind": "folder", "path": "none"}}},
        "pool.hub.path: found 'none', expected a folder",
    ),
    "ids": (
        {"pool": TOY["pool"] | {"hub": {"kind": "huggingface", "ids": "none"}}},
        "pool.hub.ids: found 'none', expected a file",
    ),
    "task": (
        {"tasks": TOY["tasks"] | {"months": TOY["tasks"]["months"] | {"path": "none"}}},
        "tasks.months.path: found 'none', expected a file",
    ),
    "data set": (
        {
            "tasks": TOY["tasks"]
            | {
                "own": {
                    "source": "hub",
                    "path": "none",
                    "instruction": "Answer.",
                    "fields": {},
                    "answer": "a",
                }
            }
        },
        "tasks.own.path: found 'none', expected a folder",
    ),
}


@pytest.mark.parametrize(("changes", "message"), MISSING.values(), ids=MISSING)
def test_both_places_are_said_where_neither_has_a_path(project, changes, message):
    with pytest.raises(InputError) as error:
        opened(project, **changes)
    assert message in str(error.value)
    places = f"which counts from {project}/studies, then from {project.parent}/start"
    assert str(error.value).endswith(places)


def test_an_absolute_path_is_in_one_place(project):
    with pytest.raises(InputError, match=re.escape("'/none', expected a file that is there")):
        opened(project, tasks_from="/none")


def test_a_path_that_snakemake_would_take_for_a_pattern(project):
    odd = project / "task<s>.yaml"
    odd.touch()
    with pytest.raises(InputError, match=r"expected a file whose path has none of {}<>; correct"):
        opened(project, tasks_from=str(odd))


# Shipped studies, and what is asked for where the whole plan takes long.
SHIPPED = {
    "config.yaml": [],
    "workflow/studies/llama31_8b.yaml": ["results/llama31_8b/tasks/anli/0/task.json"],
    "workflow/studies/preconditions.yaml": [],
    "workflow/studies/replay.yaml": [],
}


@pytest.mark.workflow
@pytest.mark.parametrize(("file", "asked"), SHIPPED.items(), ids=SHIPPED)
def test_a_shipped_study_is_planned_for_any_folder(tmp_path, file, asked):
    options = ["--configfile", str(studies.ROOT / file)] if "/" in file else []
    options += ["--snakefile", str(studies.ROOT / "Snakefile")]
    done = studies.snakemake(tmp_path, "-n", *options, "--directory", "elsewhere", *asked)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "This was a dry-run" in done.stdout
