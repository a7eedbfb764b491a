"""Every job finds the library of this checkout, whatever its environment holds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import studies

from recycling.ground import search_path
from recycling.ground.errors import InputError

# A conda that makes environments without packages, in which jobs see another library or none.
CONDA = """\
#!/usr/bin/env bash
set -eu
case "$*" in
"info --json") echo '{{"conda_prefix": "{prefix}", "platform": "linux-64"}}' ;;
"--version") echo "conda 24.11.1" ;;
"config --get channel_priority --json") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
"env create "*)
    environment="${{*: -1}}"
    "{python}" -m venv --without-pip "$environment"
    {another}
    ;;
"clean "*) ;;
*) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""
ANOTHER = """\
    for packages in "$environment"/lib/python*/site-packages; do
        mkdir "$packages/recycling"
        echo 'raise ImportError("another library")' > "$packages/recycling/__init__.py"
    done
"""


def conda(folder, another):
    """A folder to put on PATH, with a stand-in for conda."""
    binaries = folder / "bin"
    binaries.mkdir(parents=True)
    script = CONDA.format(prefix=folder, python=sys.executable, another=another)
    (binaries / "conda").write_text(script)
    (binaries / "conda").chmod(0o755)
    (binaries / "activate").write_text('export PATH="$1/bin:$PATH"\n')
    return binaries


def another_library(folder):
    """A folder for PYTHONPATH with a library of the same name that must not be found."""
    (folder / "recycling").mkdir(parents=True)
    (folder / "recycling/__init__.py").write_text('raise ImportError("another library")\n')
    return folder


def run_prepare_task(folder, *arguments, **variables):
    """A job of the toy study in `folder`; what Snakemake printed."""
    task = "results/toy/tasks/months/0/task.json"
    done = studies.toy(folder, *arguments, "--cores", "1", task, **variables)
    log = folder / "results/toy/logs/prepare_task/months/0.log"
    assert done.returncode == 0, done.stdout + (log.read_text() if log.exists() else "")
    assert (folder / task).is_file()
    return done.stdout


def printed(prefix, **variables):
    """PYTHONPATH as a command behind the prefix sees it, once Snakemake has filled the braces."""
    command = ["bash", "-c", prefix.format() + 'echo "$PYTHONPATH"']
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        command, check=True, env=environment, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize("folder", ["/a/src", "/a project/src", "/a's/$HOME/src"])
def test_the_library_stands_before_what_was_there(folder):
    prefix = search_path.shell_prefix(Path(folder))
    assert printed(prefix) == folder
    assert printed(prefix, PYTHONPATH="/other:/more") == f"{folder}:/other:/more"


def test_a_path_with_braces_is_refused():
    expected = (
        "project: folder: found '/a{b}', expected a path without { and }; "
        "rename the folder, or move the project"
    )
    with pytest.raises(InputError, match=re.escape(expected)):
        search_path.shell_prefix(Path("/a{b}/src"))


@pytest.mark.workflow
@pytest.mark.parametrize("another", ["", ANOTHER], ids=["no library", "another library"])
def test_a_job_in_a_conda_environment_finds_the_library_of_the_checkout(tmp_path, another):
    path = f"{conda(tmp_path / 'conda', another)}{os.pathsep}{os.environ['PATH']}"
    folder = studies.copy(tmp_path / "a project")
    said = run_prepare_task(folder, "--sdm", "conda", PATH=path)
    assert "Activating conda environment" in said


@pytest.mark.workflow
def test_a_job_finds_the_library_of_the_checkout_before_that_of_a_user(tmp_path):
    folder = studies.copy(tmp_path / "a project")
    run_prepare_task(folder, PYTHONPATH=str(another_library(tmp_path / "another")))
