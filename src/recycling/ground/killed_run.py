"""What a killed run left behind is cleared away before the next one starts.

Snakemake offers no moment for this but the reading of the Snakefile: later it has taken its lock
and looked which outputs exist. So it is done then, and only where jobs will run: who asks for a
plan, a report or a list changes nothing.
"""

from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO
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


def clear_up(directory: Path, arguments: Sequence[str]) -> None:
    """Clear lock files and settle SLURM jobs that a killed run left in `directory`.

    Does nothing where the command line `arguments` runs no jobs, or where another Snakemake is
    alive in `directory`. Raises InputError as `left_jobs.settle` does.
    """
    if runs_jobs(arguments) and stale_locks.clear_stale_locks(directory):
        left_jobs.settle(directory)


def runs_jobs(arguments: Sequence[str]) -> bool:
    """Whether Snakemake runs jobs when its command line is `arguments`.

    While the Snakefile is read, the objects of Snakemake know of a dry run only. An option that a
    profile sets is not seen here; those above are none for a profile.
    """
    try:
        with redirect_stderr(StringIO()):
            asked = cli.get_argument_parser().parse_args(arguments)
    except SystemExit:
        # Not Snakemake's command but a program that uses it, and what it wants is not known.
        return False
    options = set(NO_JOBS).difference(REPORTS if asked.report_after_run else ())
    return not any(getattr(asked, option) for option in options)
