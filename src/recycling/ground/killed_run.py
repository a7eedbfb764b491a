"""What a killed run left behind is cleared away before the next one starts.

Snakemake offers no moment for this but the reading of the Snakefile: later it has taken its lock
and looked which outputs exist. So it is done then, and only where jobs will run: who asks for a
plan, a report or a list changes nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from snakemake import cli

from recycling.ground import left_jobs, stale_locks

# With one of these options Snakemake runs no job. They have the names that its parser gives them.
REPORTS = ("report", "reporter")
NO_JOBS = (
    *REPORTS,
    "archive",
    "cleanup_metadata",
    "cleanup_shadow",
    "conda_cleanup_envs",
    "conda_create_envs_only",
    "container_cleanup_images",
    "containerize",
    "d3dag",
    "dag",
    "delete_all_output",
    "delete_temp_output",
    "detailed_summary",
    "dryrun",
    "filegraph",
    "generate_unit_tests",
    "lint",
    "list_changes",
    "list_conda_envs",
    "list_input_changes",
    "list_params_changes",
    "list_rules",
    "list_target_rules",
    "list_untracked",
    "print_compilation",
    "rulegraph",
    "summary",
    "touch",
    "unlock",
)


def clear_up(directory: Path, command: Sequence[str]) -> None:
    """Clear lock files and settle SLURM jobs that a killed run left in `directory`.

    Does nothing where `command`, the program and its arguments, runs no jobs, or where another
    Snakemake is alive in `directory`. Raises InputError as `left_jobs.settle` does.
    """
    if runs_jobs(command) and stale_locks.clear_stale_locks(directory):
        left_jobs.settle(directory)


def runs_jobs(command: Sequence[str]) -> bool:
    """Whether `command`, the program and its arguments, is one of Snakemake that runs jobs.

    While the Snakefile is read, the objects of Snakemake know of a dry run only. An option that a
    profile sets is not seen here; those above are none for a profile. Another program that uses
    Snakemake as a library does not say what it wants: for it nothing is cleared.
    """
    program, *arguments = command
    # As `python -m snakemake` it is the file of that module.
    if Path(program).name != "snakemake" and not program.endswith("snakemake/__main__.py"):
        return False
    asked = cli.get_argument_parser().parse_args(arguments)
    options = set(NO_JOBS).difference(REPORTS if asked.report_after_run else ())
    return not any(getattr(asked, option) for option in options)
