"""What a killed run left is cleared only where jobs will run."""

import ast
import inspect

import pytest
from snakemake import cli

from recycling.ground import killed_run, left_jobs, stale_locks
from recycling.ground.killed_run import NO_JOBS, runs_jobs


def ways():
    """Every name of an option that runs no job, with a value where it takes one."""
    for action in cli.get_argument_parser()._actions:
        value = [] if action.nargs == 0 else [str(next(iter(action.choices or ["x"])))]
        for option in action.option_strings if action.dest in NO_JOBS else ():
            yield [option, *value]


WAYS = {arguments[0]: arguments for arguments in ways()}


@pytest.mark.parametrize("arguments", WAYS.values(), ids=WAYS)
def test_an_option_that_runs_no_job_is_known_by_each_of_its_names(arguments):
    cli.get_argument_parser().parse_args(arguments)  # Snakemake takes it
    assert not runs_jobs(["snakemake", *arguments])
    assert not runs_jobs(["snakemake", "--cores", "2", "--configfile", "toy.yaml", *arguments])


@pytest.mark.parametrize(
    "command",
    [
        "snakemake",
        "/env/bin/snakemake all --cores 2 --configfile toy.yaml",
        "/env/lib/snakemake/__main__.py --workflow-profile profiles/slurm --forcerun predict",
        "snakemake --report report.zip --report-after-run",
        "snakemake --nolock --retries 2",
    ],
)
def test_a_run_is_known(command):
    assert runs_jobs(command.split())


@pytest.mark.parametrize(
    "command",
    [
        "snakemake -nq",
        "snakemake --dryr",
        "snakemake --summ",
        "snakemake -n --report x --report-after-run",
        "/snakemake/tools/plans.py",
        "-c --cores 2",
    ],
)
def test_short_options_and_other_programs_run_nothing(command):
    assert not runs_jobs(command.split())


def test_each_option_of_this_snakemake_that_runs_no_job_is_listed():
    """Its command asks one option after another before it executes the workflow: which are they?"""
    asked = set()
    for node in ast.walk(ast.parse(inspect.getsource(cli.args_to_api))):
        if isinstance(node, ast.If):
            body, otherwise = ("".join(map(ast.unparse, part)) for part in (node.body, node.orelse))
            aside = "execute_workflow(" in otherwise and "execute_workflow(" not in body
            if aside or body.startswith("pseudo_executor = "):
                asked |= {
                    part.attr
                    for part in ast.walk(node.test)
                    if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "args"
                }
    # Snakemake makes `reporter` of `report` and then asks whether the report comes after a run; it
    # deploys sources without a Snakefile.
    renamed = {"report_after_run", "deploy_sources"}
    assert renamed < asked
    assert {*NO_JOBS} == asked - renamed | {"report", "reporter"}


def test_jobs_are_settled_only_in_a_run_that_is_alone(tmp_path, monkeypatch):
    settled = []
    monkeypatch.setattr(left_jobs, "settle", settled.append)
    for alone in (False, True):
        monkeypatch.setattr(stale_locks, "clear_stale_locks", lambda _, alone=alone: alone)
        killed_run.clear_up(tmp_path, ["snakemake", "-n"])
        killed_run.clear_up(tmp_path, ["snakemake", "--cores", "1"])
        assert settled == [tmp_path] * alone
