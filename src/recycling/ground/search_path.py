"""Where jobs find this library, whichever environment they run in."""

import os
from pathlib import Path


def hand_on(source: Path) -> None:
    """Let every process that this one starts find the library in `source`, before any other copy.

    Snakemake hands its environment on to scripts, to conda environments and through SLURM, where it
    reads the Snakefile again.
    """
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    paths = [str(source), *(path for path in others if path != str(source))]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
