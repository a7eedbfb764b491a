"""A study on a machine without git, file locks or a home folder, and in a folder of an odd name."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import studies

# What Python runs first: from then on the process sees a file system without locks.
NO_LOCKS = """
import errno, fcntl, os

def refuse(*_):
    raise OSError(errno.{code}, os.strerror(errno.{code}))

fcntl.flock = fcntl.lockf = refuse
"""


def without_locks(folder, code="ENOSYS"):
    """A folder for PYTHONPATH."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_LOCKS.format(code=code))
    return str(folder)


def without_git(folder):
    """A folder for PATH with what Snakemake starts, and no git."""
    folder.mkdir()
    for program in ("bash", "env", "sh", "which"):
        (folder / program).symlink_to(shutil.which(program))
    (folder / "python").symlink_to(sys.executable)
    return str(folder)


def run(folder, *arguments, **variables):
    """Snakemake on the toy study in `folder`; what it printed."""
    done = studies.toy(folder, *arguments, **variables)
    return done.returncode, done.stdout


@pytest.mark.faults
def test_a_study_ends_without_git_file_locks_and_a_home(tmp_path):
    folder = studies.lean(tmp_path / "project", arms=("base", "fresh", "average"))
    variables = {
        "PATH": without_git(tmp_path / "bin"),
        "PYTHONPATH": without_locks(tmp_path / "no_locks"),
        "HOME": "/proc/nonexistent",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    code, said = run(folder, "--cores", "2", **variables)
    assert code == 0, said[-5000:]
    assert said.count("no file locks (flock) on this file system") == 1
    record = json.loads((folder / "results/toy/provenance.json").read_text())
    assert record["commit"] is None
    assert record["commit_unknown"] == "there is no program git on PATH"


@pytest.mark.workflow
@pytest.mark.parametrize("code", ["ENOSYS", "EOPNOTSUPP", "ENOLCK"])
def test_a_run_starts_where_locks_are_refused(tmp_path, code):
    folder = studies.copy(tmp_path / "project")
    task = "results/toy/tasks/months/0/task.json"
    locks = without_locks(tmp_path / "no_locks", code)
    ended, said = run(folder, "--cores", "1", task, PYTHONPATH=locks)
    assert ended == 0, said
    assert (folder / task).is_file()
    [line] = [line for line in said.splitlines() if "flock" in line]
    assert os.strerror(getattr(errno, code)) in line
    assert "not guarded" in line


@pytest.mark.workflow
def test_a_project_in_a_folder_with_braces_is_refused_in_one_line(tmp_path):
    folder = studies.copy(tmp_path / "a{b}c" / "project")
    code, said = run(folder, "--dryrun")
    assert code == 1
    assert "Traceback" not in said
    line = (
        f"project: folder: found {str(folder)!r}, expected a path without {{ and }}; "
        "rename the folder, or move the project"
    )
    assert line in said


@pytest.mark.workflow
def test_a_run_may_start_in_a_folder_with_braces(tmp_path):
    project, folder = studies.copy(tmp_path / "project"), tmp_path / "a{b}c"
    folder.mkdir()
    shutil.copy(project / "months.jsonl", folder)
    task = "results/toy/tasks/months/0/task.json"
    code, said = run(project, "--directory", str(folder), "--cores", "1", task)
    assert code == 0, said
    assert (folder / task).is_file()


@pytest.mark.parametrize("home", ["/proc/nonexistent", ""])
def test_make_keeps_caches_beside_the_results_where_the_home_takes_none(tmp_path, home):
    shutil.copy(studies.ROOT / "Makefile", tmp_path)
    (tmp_path / "more.mk").write_text("include Makefile\nshow: ; @echo [$(XDG_CACHE_HOME)]\n")
    environment = {"PATH": os.environ["PATH"], "HOME": home or str(tmp_path)}
    done = subprocess.run(
        ["make", "--file", "more.mk", "show"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = Path(tmp_path, ".cache") if home else ""
    assert done.stdout.strip() == f"[{expected}]"
