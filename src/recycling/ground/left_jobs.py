"""SLURM jobs that outlive their Snakemake.

A killed Snakemake leaves its jobs to the cluster. The next one would submit those that still run a
second time, and both would write the same files. It waits for them instead: a job that ends well
leaves finished outputs, which Snakemake then finds.
"""

import shutil
import subprocess
import time
from pathlib import Path

from snakemake.logging import logger

from recycling.ground.errors import InputError

# Of the jobs that `slurm-jobname-prefix` in the profile names, so that no other job is touched.
PREFIX = "recycling_"


def settle(directory: Path, pause: float = 5) -> None:
    """Cancel the waiting jobs of `directory` and return when the running ones have ended.

    Only for a directory in which no other Snakemake is alive. Looks every `pause` seconds.
    Raises InputError when SLURM was used here and does not answer.
    """
    if not (directory / ".snakemake" / "slurm_logs").is_dir():
        return
    told = False
    while jobs := _jobs(directory):
        waiting = [number for number, state in jobs.items() if state == "PENDING"]
        running = [number for number in jobs if number not in waiting]
        if waiting:
            subprocess.run(["scancel", *waiting], check=False)
        if running and not told:
            logger.warning(
                f"{len(running)} SLURM jobs that a killed Snakemake left are still running: "
                f"waiting for them; to drop them: scancel {' '.join(running)}"
            )
            told = True
        time.sleep(pause)


def _jobs(directory: Path) -> dict[str, str]:
    """Number -> state of this directory's jobs in the queue."""
    command = ["squeue", "--me", "--noheader", "--format", "%i|%T|%j|%Z"]
    if not shutil.which(command[0]):
        found = "no squeue"
    else:
        done = subprocess.run(command, capture_output=True, text=True)
        found = done.stderr.strip()
        if done.returncode == 0:
            rows = (line.split("|", 3) for line in done.stdout.splitlines())
            return {
                number: state
                for number, state, name, folder in rows
                if name.startswith(PREFIX) and Path(folder) == directory
            }
    raise InputError(
        "SLURM",
        "squeue",
        found,
        "the jobs that an earlier run may have left",
        "wait until SLURM answers; where it is gone for good, delete .snakemake/slurm_logs",
    )
