"""A killed Snakemake leaves no lock behind.

Snakemake locks a directory with files, which stay when it is killed, so that the next run stops
and asks for `--unlock`. The kernel's lock here ends with its process, however that ends: where no
other process holds it, the files of Snakemake are remains.
"""

import fcntl
import shutil
from pathlib import Path
from typing import IO

# Open for as long as the process lives; closing a file would give its lock up.
_held: list[IO[str]] = []


def clear_stale_locks(directory: Path) -> bool:
    """Remove Snakemake's lock files from `directory` unless another Snakemake is alive in it.

    Returns whether this one is alone.

    Every process keeps a shared lock. Only one that is alone gets the exclusive lock for the
    moment of clearing, so the files of a live run are never touched.
    """
    folder = directory / ".snakemake"
    folder.mkdir(exist_ok=True)
    alone = True
    file = (folder / "alive.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder / "locks", ignore_errors=True)
    except BlockingIOError:
        alone = False
    fcntl.flock(file, fcntl.LOCK_SH)
    _held.append(file)
    return alone
