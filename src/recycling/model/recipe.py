"""What is asked of a training run and what it reports; free of torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from recycling.ground.errors import InputError
from recycling.model.conduct import OURS_IN_TRAINING, Conduct


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train; AdamW with a cosine schedule after a linear warm-up.

    With `stop` the training ends after so many of the `steps`, whose schedule it keeps.
    """

    steps: int
    learning_rate: float
    batch_size: int = 8
    warmup: float = 0.1
    evaluate_every: int = 10
    weight_decay: float = 0.0
    conduct: Conduct = OURS_IN_TRAINING
    stop: int | None = None

    def __post_init__(self) -> None:
        least = {"steps": 0, "learning_rate": 0, "batch_size": 1, "evaluate_every": 1}
        for key, value in least.items():
            found = getattr(self, key)
            if not found >= value:
                raise InputError("training", key, found, f"at least {value}", "correct the config")
        if self.stop is not None and not 0 <= self.stop <= self.steps:
            expected = f"0 to steps = {self.steps}"
            raise InputError("training", "stop", self.stop, expected, "correct the config")

    @property
    def last(self) -> int:
        """The last step that is taken."""
        return self.steps if self.stop is None else self.stop


@dataclass(frozen=True)
class LoraRecipe:
    """How the fresh LoRA of a task is made: the keys of a study's `fresh` and `fresh_variants`.

    The update is scaled by alpha / rank, with `rslora` by alpha / sqrt(rank). The learning rate of
    `b` is `loraplus_ratio` times that of `a`, which is `learning_rate`. `dropout` is the share of
    its inputs that the LoRA does not see in a training step. `average` LoRAs from as many seeds are
    averaged. With `labels: shuffled` each row is trained on the answers of another.
    """

    rank: int
    alpha: float
    steps: int
    learning_rate: float
    evaluate_every: int
    dropout: float = 0.0
    weight_decay: float = 0.0
    average: int = 1
    labels: Literal["given", "shuffled"] = "given"
    rslora: bool = False
    loraplus_ratio: float = 1.0


@dataclass(frozen=True)
class Point:
    """Losses per answer token after `step` optimiser steps; `train_loss` of the batch before it.

    A loss is None where there is none: `train_loss` at step 0, `valid_loss` without validation
    rows.
    """

    step: int
    train_loss: float | None
    valid_loss: float | None
    kept: bool = False


@dataclass(frozen=True)
class Fit:
    """The curve of a training run and the tokens that it read, those of validation included."""

    curve: tuple[Point, ...]
    tokens: int


Configuration = Mapping[str, Any]
"""Option -> its value."""


@dataclass(frozen=True)
class Tried:
    """A configuration that was tried: its loss over all rows that were left out, and its tokens.

    The loss is in nats per answer token, infinite where it is no number. `rows` are those that it
    is the loss of.
    """

    configuration: Configuration
    loss: float
    rows: int
    tokens: int


def chosen(tried: Sequence[Tried]) -> Configuration:
    """The configuration of the lowest loss, of equal ones the first.

    Raises InputError where no loss is a number.
    """
    best = min(tried, key=lambda one: one.loss)
    if math.isinf(best.loss):
        raise InputError(
            "tuning",
            "loss",
            [dict(one.configuration) for one in tried],
            "a configuration whose loss on rows that it has not seen is a number",
            "try lower learning rates",
        )
    return best.configuration


def tried_rows(tried: Sequence[Tried]) -> list[dict[str, object]]:
    """Rows of the table `tried`; options that were not varied are empty."""
    best = chosen(tried) if tried else None
    return [
        {
            **dict.fromkeys(("learning_rate", "steps", "rank")),
            **one.configuration,
            "loss": one.loss,
            "rows": one.rows,
            "tokens": one.tokens,
            "chosen": one.configuration is best,
        }
        for one in tried
    ]


def curve_rows(curve: Sequence[Point]) -> list[dict[str, int | float | bool | None]]:
    """Rows of the table `curve`."""
    return [asdict(point) for point in curve]
