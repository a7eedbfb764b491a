"""Where jobs find this library, whichever environment they run in."""

import shlex
from pathlib import Path

from recycling.ground.errors import InputError


def shell_prefix(source: Path) -> str:
    """What a shell runs before each job: the library in `source` is found before any other copy.

    For `shell.prefix` of a Snakefile, which fills braces. Read in Snakemake 9.27, and tried with a
    stand-in for conda: the environment variable alone does not reach a job of `--sdm conda`, since
    `shell.py` removes PYTHONPATH there; the prefix is run after the environment is activated, for
    scripts too. A script adds the search path of Snakemake itself, but at the end of its own, where
    a copy of this library in the job's environment would win (`script/__init__.py`). On a cluster
    the job's Snakemake reads the Snakefile again, and so has the same prefix.

    Raises InputError for a path with braces: Snakemake would fill those of the conda files in it.
    """
    if set(str(source)) & set("{}"):
        raise InputError(
            "project",
            "folder",
            str(source.parent),
            "a path without { and }",
            "rename the folder, or move the project",
        )
    line = f"export PYTHONPATH={shlex.quote(str(source))}${{PYTHONPATH:+:$PYTHONPATH}}"
    # The first part is what Snakemake itself puts before commands of bash.
    return f"set -euo pipefail; {line}; ".replace("{", "{{").replace("}", "}}")
