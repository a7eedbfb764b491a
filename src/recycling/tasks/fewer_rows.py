"""The parts of a task that is another one with fewer labelled rows, and the same test rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recycling.ground.errors import InputError
from recycling.tasks.record import Task
from recycling.tasks.splits import Splits, split


@dataclass(frozen=True)
class Whole:
    """The task that has more labelled rows: its name and sizes, by which rows are drawn."""

    name: str
    sizes: Mapping[str, int]


def first_rows(
    whole: Whole,
    task: Task,
    *,
    train: int,
    valid: int,
    seed: int,
    replicate: int | str,
    **_: int,
) -> Splits:
    """The parts of a replicate of the whole task, with the first of its labelled rows.

    Other sizes are those of the whole task.

    So fewer rows to train are a part of more, and so are those to validate. Raises InputError where
    the whole task has not so many, and as `split` does.
    """
    parts = split(replace(task, name=whole.name), seed=seed, replicate=replicate, **whole.sizes)
    if train > len(parts.train) or valid > len(parts.valid):
        raise InputError(
            f"task {task.name}",
            f"labelled rows of {whole.name}",
            {"train": len(parts.train), "valid": len(parts.valid)},
            f"at least {train} to train and {valid} to validate",
            "ask for fewer rows, or add examples",
        )
    return Splits(parts.train[:train], parts.valid[:valid], parts.test)
