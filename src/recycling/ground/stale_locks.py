"""A killed Snakemake leaves no lock behind.

Snakemake locks a directory with files, which stay when it is killed, so that the next run stops
and asks for `--unlock`. The kernel's lock here (flock) ends with its process, however that ends:
where no other process holds it, the files of Snakemake are remains.

Two kinds of file system keep less. One without flock (some NFS, Lustre) does not tell whether
another Snakemake is alive: then nothing is cleared, so Snakemake asks for `--unlock` itself, and
SLURM jobs that a killed run left are not noticed. One that keeps flock to each machine (Lustre with
`localflock`) does not show a Snakemake on another machine, whose lock files are then removed.
"""

import fcntl
import os
import shutil
from pathlib import Path

from snakemake.logging import logger


def clear_stale_locks(directory: Path) -> bool:
    """Remove Snakemake's lock files from `directory` unless another Snakemake is alive in it.

    Returns whether this one is known to be alone.

    Every process keeps a shared lock. Only one that is alone gets the exclusive lock for the
    moment of clearing, so the files of a live run are never touched.
    """
    folder = directory / ".snakemake"
    folder.mkdir(exist_ok=True)
    # Never closed: closing it would give the lock up, which shall last as long as the process.
    file = os.open(folder / "alive.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        alone = False
    except OSError as error:
        logger.warning(
            f"{folder}: no file locks (flock) on this file system: {error.strerror}; this run is "
            "not guarded, and what a killed run left is not cleared: wait until its SLURM jobs "
            "have ended, then give --unlock"
        )
        return False
    else:
        alone = True
        shutil.rmtree(folder / "locks", ignore_errors=True)
    fcntl.flock(file, fcntl.LOCK_SH)
    return alone
