"""The keys of a study about its tasks and the rows that it takes of them."""

from typing import Annotated

from pydantic import Field

from recycling.plan.study.keys import Count, Keys, Maybe, OpenKeys

Tested = Annotated[int, Field(ge=48)]
Choices = Annotated[int, Field(ge=2)]


class Split(Keys):
    """Rows of a target task."""

    train: Count = 80
    """Labelled rows to train on."""
    valid: Count = 20
    """Labelled rows that choose between states of a training."""
    test: Tested = 200
    """Rows that are answered, at most this many."""
    candidates: Choices = 5
    """Answers of which the likeliest is chosen."""


class OwnSplit(Keys):
    """Rows of one task, where they differ from those of the study."""

    train: Maybe[Count] = None
    """As `split.train`."""
    valid: Maybe[Count] = None
    """As `split.valid`."""
    test: Maybe[Tested] = None
    """As `split.test`."""
    candidates: Maybe[Choices] = None
    """As `split.candidates`."""


class Task(OpenKeys):
    """A task, with the options of its source."""

    source: str
    """builtin (made by this project), file (your own rows), hub (a data set of the Hub)."""


class TargetTask(Task):
    """A task that may be a target."""

    split: Maybe[OwnSplit] = None
    """Rows of this task, where they differ from those of the study."""
    set_aside: Maybe[Count] = None
    """So many rows that no replicate draws; adapters of the community learn this task from them."""
