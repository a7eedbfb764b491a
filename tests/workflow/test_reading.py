"""Who only reads a plan changes nothing: not the cluster's queue, not the remains of a killed run.

Snakemake is asked in every way that runs no job, in a folder where a killed run left lock files and
perhaps SLURM jobs. The workflow has one rule and begins as ours does.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest
import studies

from recycling.ground import killed_run

pytestmark = pytest.mark.faults
WORKFLOW = """\
include: "workflow/rules/study.smk"
Path("was_read").touch()
rule all:
    output: "made"
    shell: "touch {output}"
"""
# Each command in a folder and a process of its own; Snakemake is imported once.
COMMANDS = """\
import json, os, sys
from snakemake import cli
for folder, arguments in json.load(sys.stdin):
    if os.fork() == 0:
        os.chdir(folder)
        sys.argv = ["snakemake", *arguments]
        cli.main(arguments)
    os.wait()
"""
VALUES = {
    "archive": ["a.tar"],
    "cleanup_metadata": ["made"],
    "list_changes": ["code"],
    "reporter": ["html"],
}
RUN = "run"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Option -> the folder in which Snakemake was asked with it, and for `RUN` without one."""
    top = tmp_path_factory.mktemp("reading")
    project = studies.copy(top / "project")
    (project / "short.smk").write_text(WORKFLOW)
    squeue = top / "bin/squeue"
    squeue.parent.mkdir()
    squeue.write_text("#!/bin/sh\ntouch asked\necho no controller >&2\nexit 1\n")
    squeue.chmod(0o755)
    commands = {}
    for option in (*killed_run.NO_JOBS, RUN):
        folder = top / option
        (folder / ".snakemake/slurm_logs").mkdir(parents=True)
        (folder / ".snakemake/locks").mkdir()
        (folder / ".snakemake/locks/0.output.lock").write_text("made\n")
        for file in ("toy.yaml", "months.jsonl"):
            shutil.copy(project / file, folder)
        (folder / "base").mkdir()
        asked = [] if option == RUN else ["--" + option.replace("_", "-"), *VALUES.get(option, [])]
        commands[folder] = ["-s", f"{project}/short.smk", "--configfile", "toy.yaml", *asked]
    subprocess.run(
        [sys.executable, "-c", COMMANDS],
        input=json.dumps([(str(folder), words) for folder, words in commands.items()]),
        env={**studies.ENVIRONMENT, "PATH": f"{squeue.parent}:{os.environ['PATH']}"},
        text=True,
        check=True,
    )
    return {folder.name: folder for folder in commands}


@pytest.mark.parametrize("option", killed_run.NO_JOBS)
def test_an_option_that_runs_no_job_touches_neither_cluster_nor_locks(folders, option):
    folder = folders[option]
    assert (folder / "was_read").exists() is (option != "print_compilation")
    assert not (folder / "asked").exists()
    assert not (folder / ".snakemake/alive.lock").exists()
    # Snakemake itself removes them where it is asked to.
    assert (folder / ".snakemake/locks/0.output.lock").exists() is (option != "unlock")


def test_a_run_asks_the_cluster_and_clears_the_locks(folders):
    assert (folders[RUN] / "asked").exists()
    assert not (folders[RUN] / ".snakemake/locks/0.output.lock").exists()
    assert not (folders[RUN] / "made").exists()  # A SLURM that does not answer ends it.
