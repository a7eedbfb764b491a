"""The keys of a merging study in which this project differs on purpose from its first paper."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from recycling.model.conduct import OURS, Conduct
from recycling.plan.study.keys import Keys, NotNegative


class Protocol(Keys):
    """Single choices in which the default differs from 2602.12323; see docs/fidelity.md."""

    resample: bool = OURS["resample"]
    """Each replicate draws its own labelled rows."""
    score_on_valid: bool = OURS["score_on_valid"]
    """Selectors score the pool on the validation rows too."""
    k_counts_fresh: bool = OURS["k_counts_fresh"]
    """The fresh LoRA is one of the k adapters of an arm that it joins."""
    start_is_candidate: bool = OURS["start_is_candidate"]
    """A training may keep what it started from."""
    first_step_rests: bool = OURS["first_step_rests"]
    """The warm-up begins at a learning rate of 0."""
    ragged_passes: bool = OURS["ragged_passes"]
    """A pass over the rows ends in a smaller batch."""
    valid_batch: Annotated[int, Field(ge=0)] = OURS["valid_batch"]
    """The validation loss is the mean over batches of so many rows; 0 takes all rows as one."""
    clip: NotNegative = OURS["clip"]
    """Largest norm of a gradient; 0 sets no limit."""
    patience: Annotated[int, Field(ge=0)] = OURS["patience"]
    """Evaluations without a new best after which a training stops; 0 sets no limit."""

    @property
    def conduct(self) -> Conduct:
        """The choices that concern a training run."""
        return Conduct(**{key: getattr(self, key) for key in asdict(Conduct())})
