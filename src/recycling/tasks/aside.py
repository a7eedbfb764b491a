"""Rows of a task that are set aside before any replicate draws: never labelled, never tested.

Somebody else learns the task from them. Which rows they are depends on the seed and the rows of the
task alone, not on its name: two tasks of the same rows set the same ones aside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.tasks.record import Example, Task
from recycling.tasks.splits import LEAST_TEST


@dataclass(frozen=True)
class Aside:
    """How many rows are set aside, and the root of the draw."""

    count: int
    seed: int


def divided(task: Task, aside: Aside) -> tuple[Task, Task]:
    """The task without the rows that are set aside, and the task of these rows alone.

    Raises InputError when the rows that are left are too few to draw a replicate from.
    """
    ids = sorted(example.id for example in task.examples)
    most = len(ids) - (1 if task.test else 2 * LEAST_TEST)
    if aside.count > most:
        raise InputError(
            f"task {task.name}",
            "set_aside",
            aside.count,
            f"at most {max(most, 0)} of its {len(ids)} rows",
            "set fewer rows aside, add examples or choose another task",
        )
    order = seeds.numpy_generator(aside.seed, "set aside").permutation(len(ids))
    taken = {ids[place] for place in order[: aside.count]}

    def of(examples: Iterable[Example], part: str) -> Task:
        return replace(
            task, examples=tuple(examples), source={**task.source, part: str(aside.count)}
        )

    return (
        of((row for row in task.examples if row.id not in taken), "set_aside"),
        replace(of((row for row in task.examples if row.id in taken), "only_set_aside"), test=()),
    )
