"""What a contributor meets: hooks, tests on every Python, a form that asks for what is needed."""

import re
import sys
import tomllib
from pathlib import Path

import studies
import yaml


def read(name):
    return yaml.safe_load((studies.ROOT / name).read_text())


def test_the_hooks_are_the_checks_of_make_lint_with_the_tools_of_the_environment():
    [repository] = read(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    commands = [hook["entry"].removeprefix(".venv/bin/").split() for hook in repository["hooks"]]
    assert all(hook["language"] == "system" for hook in repository["hooks"])
    for command in commands:
        assert (Path(sys.executable).parent / command[0]).exists(), command
    lint = re.search(r"^lint:.*\n((?:\t.*\n)*)", (studies.ROOT / "Makefile").read_text(), re.M)
    checks = re.findall(r"\$\(IN_ENV\) (ruff \w+|\w+)", lint[1])
    named = [" ".join(command[:2]) if command[0] == "ruff" else command[0] for command in commands]
    # The plan of the study is linted by `make lint` alone: it takes the whole Snakefile.
    assert [*named, "snakemake"] == checks


def test_the_hooks_read_every_file_of_rules():
    [repository] = read(".pre-commit-config.yaml")["repos"]
    [pattern] = [hook["files"] for hook in repository["hooks"] if hook["id"] == "snakefmt"]
    files = ["Snakefile", *map(str, (studies.ROOT / "workflow/rules").rglob("*.smk"))]
    assert all(re.search(pattern, file) for file in files)
    assert not re.search(pattern, "tests/workflow/test_workflow.py")


def test_the_tests_run_on_every_python_that_the_package_names():
    job = read(".github/workflows/test.yml")["jobs"]["test"]
    project = tomllib.loads((studies.ROOT / "pyproject.toml").read_text())["project"]
    name = "Programming Language :: Python :: "
    named = [line.removeprefix(name) for line in project["classifiers"] if line.startswith(name)]
    assert job["strategy"]["matrix"]["python"] == named
    assert job["steps"][-1] == {"run": "make test"}
    assert f">={named[0]}" == project["requires-python"]


def test_the_form_asks_for_what_is_needed_to_see_a_fault_again():
    form = read(".github/ISSUE_TEMPLATE/fault.yml")
    assert {"name", "description", "body"} <= set(form)
    fields = {field["id"]: field for field in form["body"]}
    assert list(fields) == ["seen", "command", "provenance", "log"]
    for field in fields.values():
        assert field["type"] == "textarea"
        assert field["attributes"]["label"]
        assert field["validations"] == {"required": True}
    assert "results/<study>/provenance.json" in fields["provenance"]["attributes"]["description"]
    assert "results/<study>/logs/" in fields["log"]["attributes"]["description"]
