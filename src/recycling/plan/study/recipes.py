"""The keys of a study about the fresh LoRA: how it is trained, and what is tuned."""

from typing import Annotated, Literal

from pydantic import Field

from recycling.plan.study.keys import (
    Count,
    Keys,
    Maybe,
    NotNegative,
    Number,
    Positive,
    SomeDistinct,
)


class FreshRecipe(Keys):
    """The LoRA trained on the labelled rows of the target."""

    rank: Count = 16
    """Rank of each module."""
    alpha: Positive = 16
    """The update is scaled by alpha / rank."""
    steps: Count = 100
    """Optimiser steps."""
    learning_rate: Positive = 0.001
    """Largest learning rate."""
    evaluate_every: Count = 10
    """Steps between two looks at the validation rows."""
    dropout: Annotated[float, Number(least=0, below=1)] = 0
    """Share of its inputs that the LoRA does not see in a training step."""
    weight_decay: NotNegative = 0
    """Of AdamW."""
    average: Count = 1
    """The mean update of so many LoRAs from as many seeds."""
    labels: Literal["given", "shuffled"] = "given"
    """shuffled gives each row the answers of another; what is learnt is the format."""
    rslora: bool = False
    """Scale by alpha / sqrt(rank), as rsLoRA does."""
    loraplus_ratio: Positive = 1
    """Learning rate of factor b over that of a; LoRA+ takes more than 1."""


class Tune(Keys):
    """Options that are chosen by cross-validation within the training rows of a target.

    Every combination of their values is tried on every fold.
    """

    learning_rate: Maybe[SomeDistinct[Positive]] = None
    """Learning rates to try."""
    steps: Maybe[SomeDistinct[Count]] = None
    """Numbers of steps to try."""
    folds: Annotated[int, Field(ge=2)] = 4
    """Parts of the training rows; each is left out once, and scores what the others teach."""

    @property
    def grid(self) -> dict[str, list[float]]:
        """Option -> the values to try, for each that is tuned."""
        return self.model_dump(exclude={"folds"}, exclude_none=True)


class TuneFresh(Tune):
    """Options of the fresh LoRA that are chosen by cross-validation within the training rows."""

    rank: Maybe[SomeDistinct[Count]] = None
    """Ranks to try; alpha stays as it is."""


class FreshVariant(FreshRecipe):
    """Another recipe of the fresh LoRA."""

    tune: Maybe[TuneFresh] = None
    """What is chosen by cross-validation within the training rows, instead of being given."""
