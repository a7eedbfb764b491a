"""`recycling new`: a study file that can be run, or one line that says why there is none."""

import json
import re
import subprocess

import pytest
import studies
import yaml
from command_cases import recycling
from hub_cases import repository
from pool_cases import COMMIT as HUB_COMMIT

from recycling.commands import new, program
from recycling.ground.errors import InputError
from recycling.plan.study.merging import MergingStudy

COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"


@pytest.fixture
def rows(tmp_path):
    """120 labelled rows."""
    file = tmp_path / "Which team.jsonl"
    lines = ({"input": f"ticket {n}", "output": ["billing", "sales"][n % 2]} for n in range(120))
    file.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return file


@pytest.fixture
def pool(tmp_path):
    (tmp_path / "pool").mkdir()
    return tmp_path / "pool"


@pytest.fixture
def given(rows, pool):
    return ["--base", f"lab/base@{COMMIT}", "--pool", str(pool), "--task", str(rows)]


def test_a_study_is_written_that_snakemake_can_plan(tmp_path, given, rows, toy_folder):
    project = studies.copy(tmp_path / "project")
    study = project / "My study.yaml"
    base = ["--base", toy_folder, "--base-name", "lab/toy"]
    done = recycling("new", study, *base, *given[2:], "--instruction", 'Which "team": a or b?')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "which_team has 120 rows, each tested once a replicate. In each of 5 folds 24 are tested, "
        "and of the others 77 train and 19 validate (80 and 20 are asked for).\n"
        f"{study}: now try snakemake -n --configfile {study}\n"
    )
    keys = yaml.safe_load(study.read_text())
    assert keys["study"] == "my-study"
    assert keys["base"]["name"] == "lab/toy"
    assert keys["base"]["source"] == {"kind": "path", "path": str(toy_folder.resolve())}
    assert keys["tasks"] == {
        "which_team": {
            "source": "file",
            "path": str(rows),
            "instruction": 'Which "team": a or b?',
        }
    }
    plan = studies.command("--configfile", study.name, "--dryrun", "--quiet")
    done = subprocess.run(
        plan, cwd=project, env=studies.ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout


def test_a_base_of_the_hub_is_pinned_and_the_file_replaces_nothing(tmp_path, given, capsys):
    study = tmp_path / "study.yaml"
    arguments = ["new", str(study), *given]
    assert program.main(arguments) == 0
    text = study.read_text()
    assert yaml.safe_load(text)["base"]["source"] == {
        "kind": "hub",
        "repo": "lab/base",
        "commit": COMMIT,
    }
    assert "the longest of yours has 7 characters" in text
    assert program.main(arguments) == 1
    said = f"ERROR new: study: found {str(study)!r}, expected a file that is not there; name a new"
    assert said in capsys.readouterr().err
    assert study.read_text() == text


def test_the_newest_commit_is_asked_of_the_hub(tmp_path, given, start_hub):
    start_hub({"lab/base": repository()})
    assert new._newest("lab/base") == HUB_COMMIT
    with pytest.raises(InputError, match=r"new: --base: found 'gone: .*', expected lab/no on the"):
        new._newest("lab/no")


def test_each_key_that_a_user_would_change_has_a_comment_or_speaks_for_itself():
    text = new.TEMPLATE.read_text()
    known = set(MergingStudy.model_fields)
    written = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    # Left out on purpose: what the default study or the paper's has a use for.
    rare = {"kind", "tasks_from", "fresh_variants", "experiments"}
    rare |= {"community", "community_from", "community_count"}
    assert written == known - rare - {"paper_protocol", "protocol"}


WRONG = {
    "no task": (["--base", "a/b", "--pool", "huggingface"], "required: --task"),
    "no such base": (
        ["--base", "nowhere"],
        "new: --base: found 'nowhere', expected a folder, owner/name, or owner/name@ and 40 digits",
    ),
    "a branch": (
        ["--base", "lab/base@main"],
        "new: --base: found 'lab/base@main', expected a folder",
    ),
    "no such pool": (
        ["--pool", "nowhere"],
        "new: --pool: found 'nowhere', expected a folder with adapters, or huggingface",
    ),
    "no such rows": (["--task", "nowhere.jsonl"], "nowhere.jsonl"),
    "the same name twice": (["--task", "x/which-team.jsonl"], "expected files of different names"),
    "an unnamed file": (["--task", "ä.jsonl"], "expected a name with letters a to z or digits"),
}


@pytest.mark.parametrize(("wrong", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_is_one_line_and_writes_nothing(tmp_path, given, wrong, expected):
    arguments = wrong if len(wrong) > 2 else [*given, *wrong]
    done = recycling("new", tmp_path / "s.yaml", *arguments)
    assert done.returncode in (1, 2)
    [line] = done.stderr.splitlines()
    assert line.startswith("ERROR ")
    assert expected in line
    assert not (tmp_path / "s.yaml").exists()


def test_a_folder_without_a_name_is_asked_for_it(tmp_path, given, toy_folder, capsys):
    arguments = ["new", str(tmp_path / "s.yaml"), "--base", str(toy_folder), *given[2:]]
    assert program.main(arguments) == 1
    assert (
        "expected also --base-name: the name that adapters give this base"
        in capsys.readouterr().err
    )
    cached = tmp_path / "models--lab--base" / "snapshots" / COMMIT
    cached.mkdir(parents=True)
    arguments[3] = str(cached)
    assert program.main(arguments) == 0
    assert yaml.safe_load((tmp_path / "s.yaml").read_text())["base"]["name"] == "lab/base"


def test_too_few_rows_are_refused(tmp_path, given, rows, capsys):
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:47]))
    assert program.main(["new", str(tmp_path / "s.yaml"), *given]) == 1
    assert "task which_team: items: found 47, expected at least 48" in capsys.readouterr().err
