"""The choices in which this project differs on purpose from the paper that it follows.

Each key is one choice of a study's `protocol`, explained in docs/fidelity.md; with `paper_protocol`
a study takes those of 2602.12323. Imported by the Snakefile, so free of torch.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Conduct:
    """How a training run is conducted.

    `start_is_candidate`: the parameters may be left as they began. `first_step_rests`: the warm-up
    begins at a rate of 0. `ragged_passes`: a pass over the rows ends in a smaller batch instead of
    filling it up from the next. `valid_batch`: the validation loss is the mean of the batches' mean
    losses; 0 takes the rows as one batch. `clip`: the largest norm of a gradient, and `patience`:
    how many evaluations in a row may bring nothing new; 0 sets no limit.
    """

    start_is_candidate: bool = True
    first_step_rests: bool = False
    ragged_passes: bool = False
    valid_batch: int = 0
    clip: float = 0.0
    patience: int = 0


OURS_IN_TRAINING = Conduct()
OURS = {
    "resample": True,
    "score_on_valid": False,
    "k_counts_fresh": False,
    **asdict(OURS_IN_TRAINING),
}
PAPER = {
    "resample": False,
    "score_on_valid": True,
    "k_counts_fresh": True,
    "start_is_candidate": False,
    "first_step_rests": True,
    "ragged_passes": True,
    "valid_batch": 4,
    "clip": 1.0,
    "patience": 20,
}
