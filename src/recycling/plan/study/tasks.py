"""The keys of a study about its tasks and the rows that it takes of them."""

from typing import Annotated

from pydantic import ConfigDict, Field

from recycling.plan.study.keys import Count, Keys, Maybe, OpenKeys, TaskName

Tested = Annotated[int, Field(ge=48)]
Choices = Annotated[int, Field(ge=2)]
Folds = Annotated[int, Field(ge=1, le=20)]


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
    folds: Maybe[Folds] = None
    """Parts that the rows of a replicate are dealt to. Each is tested once, by what the others
    teach, whatever `test` says. 1 draws rows to test once, beside the labelled ones. Without it 5
    where the file of a target has fewer rows than train + valid + test, else 1."""

    def of_task(self, own: OwnSplit | None) -> dict[str, int]:
        """What is asked of a task: this, but for what the task says itself."""
        changed = own.model_dump(exclude_none=True) if own is not None else {}
        return self.model_dump(exclude_none=True) | changed


class Task(OpenKeys):
    """A task, with the options of its source."""

    source: str
    """builtin (made by this project), file (your own rows), hub (a data set of the Hub)."""


class TargetTask(Task):
    """A task that may be a target."""

    # A task that is fewer rows of another has the source of that one.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.update(required=[]))

    split: Maybe[OwnSplit] = None
    """Rows of this task, where they differ from those of the study."""
    set_aside: Maybe[Count] = None
    """So many rows that no replicate draws; adapters of the community learn this task from them."""
    fewer_of: Maybe[TaskName] = None
    """The task of which this one has the test rows, and the first of the labelled rows. It has no
    other keys but `split`, which says how many."""
