"""What a checkpoint has made, also while it is made again.

Snakemake notes that the output of a checkpoint stands before it has worked out what must run again
behind an earlier checkpoint, and never takes that note back. Where the checkpoint then runs again,
its file is gone for a while, and an input function that reads it would fail.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake.checkpoints import Checkpoint
    from snakemake.io import OutputFiles


def made(checkpoint: "Checkpoint", **wildcards: str) -> "OutputFiles":
    """The outputs of a checkpoint, named as in its rule.

    Raises IncompleteCheckpointException, which lets Snakemake ask again when the checkpoint has
    run, where an output does not stand.
    """
    output: OutputFiles = checkpoint.get(**wildcards).output
    gone = [path for path in output if not Path(path).exists()]
    if not gone:
        return output
    checkpoint.checkpoints.created_output.difference_update(gone)
    return made(checkpoint, **wildcards)
