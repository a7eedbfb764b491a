"""The keys of a mix: what a drawn community is made of, in a file of its own."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from recycling.ground import yaml_values
from recycling.ground.errors import InputError
from recycling.plan.study import faults
from recycling.plan.study.keys import Count, CountOrNone, Keys, Positive, Some

Part = Literal["q", "k", "v", "o", "gate", "up", "down"]
Least2 = Annotated[int, Field(ge=2)]


class Shape(Keys):
    """So many adapters of one shape."""

    count: Count
    """How many."""
    rank: Count
    """Rank on the base that the mix was counted on."""
    scale: Positive
    """alpha / rank."""
    modules: Some[Part]
    """Which projections of each layer have a low-rank update."""


class Owners(Keys):
    """So many owners that published as many adapters each."""

    count: Count
    """How many owners."""
    adapters: Count
    """Adapters of each."""


class Learning(Keys):
    """How a share of the runs is trained."""

    share: Positive
    """In proportion to the other shares."""
    steps: Count
    """Optimiser steps."""
    learning_rate: Positive
    """Largest learning rate."""
    rows: Count
    """Rows of the task, at most."""
    labels: Literal["given", "shuffled"] = "given"
    """shuffled gives each row the answers of another."""


class Series(Keys):
    """Runs of which every checkpoint is published."""

    count: CountOrNone = 0
    """How many runs."""
    checkpoints: Least2 = 4
    """Adapters of each, at equal distances."""


class Mix(Keys):
    """What a community is made of; its counts are those of the whole."""

    rank_divisor: Count = 1
    """Ranks of `shapes` are divided by this, for a base that is narrower; at least rank 1."""
    shapes: Some[Shape]
    """The adapters by their shapes; their sum is the size of the whole."""
    owners: Some[Owners]
    """The same adapters by their owners."""
    learning: Some[Learning]
    """How the runs are trained."""
    relatives: CountOrNone
    """Adapters that learnt the task of each target."""
    series: Series = Series()
    """Runs of which every checkpoint is published."""
    copies: CountOrNone = 0
    """Adapters of a run that another owner has published too."""
    unnamed: CountOrNone = 0
    """Adapters whose name does not tell their task."""
    unfit: CountOrNone = 0
    """Repositories beside these that nobody can use, of every kind in turn."""

    @property
    def size(self) -> int:
        """How many adapters the whole has, without unfit ones."""
        return sum(shape.count for shape in self.shapes)


def read(path: str) -> Mix:
    """The mix in the file at `path`; raises InputError, which names the file and the key."""
    try:
        mix = Mix.model_validate(yaml_values.read(Path(path)))
    except ValidationError as error:
        raise faults.described(error, path) from None
    owned = sum(owners.count * owners.adapters for owners in mix.owners)
    if owned != mix.size:
        expected = f"{mix.size}, the sum of shapes"
        raise InputError(path, "adapters of all owners", owned, expected, "count them again")
    return mix
