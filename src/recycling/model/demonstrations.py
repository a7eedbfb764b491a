"""Which labelled rows the prompts of an arm show, and in which order."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Literal

from recycling.ground.errors import InputError
from recycling.model.base import Base
from recycling.model.embedding import by_nearness, mean_states
from recycling.tasks.record import Example

Shown = Mapping[str, Sequence[Example]]
"""Id of an example -> the rows that its prompt shows, in their order."""


def shown(
    base: Base,
    instruction: str,
    rows: Sequence[Example],
    examples: Sequence[Example],
    cap: int,
    count: int | Literal["all"],
    nearest: bool,
) -> Shown:
    """The labelled `rows` that the prompt of each example shows.

    The first `count`; with `nearest` those whose prompts have a mean hidden state near to that of
    the example's, the nearest last, beside the question. `all` are as many as fit into the window
    of the model together with any answer of at most `cap` tokens: without `nearest` the same ones
    for all examples, since what prompts share is read once.

    Raises InputError for more rows than there are.
    """
    if count == 0:
        return {example.id: () for example in examples}
    if count != "all" and count > len(rows):
        raise InputError(
            "prompt",
            "demonstrations",
            count,
            f"at most the {len(rows)} training rows of the task",
            "show fewer rows",
        )
    orders = [list(rows) for _ in examples]
    if nearest:
        # Together, so that both sides leave out the same start.
        prompts = [base.prompt(instruction, row.input) for row in (*rows, *examples)]
        states = mean_states(base, prompts)
        near = by_nearness(states[len(rows) :], states[: len(rows)])
        orders = [[rows[place] for place in places] for places in near]
    counts = [len(rows) if count == "all" else count for _ in examples]
    if count == "all":
        pairs = zip(examples, orders, strict=True)
        counts = [_fitting(base, instruction, example, order, cap) for example, order in pairs]
        if not nearest:
            counts = [min(counts) for _ in counts]
    return {
        example.id: order[:taken][:: -1 if nearest else 1]
        for example, order, taken in zip(examples, orders, counts, strict=True)
    }


def _fitting(
    base: Base, instruction: str, example: Example, order: Sequence[Example], cap: int
) -> int:
    """How many of the rows fit into the window before the example and its longest answer."""
    answers = [base.answer(text) for text in (example.answers[0], *example.choices)]
    longest = max(cap, *map(len, answers))

    def too_long(count: int) -> bool:
        pairs = [(row.input, row.answers[0]) for row in order[:count]]
        # The last token of an answer is predicted, never read.
        return len(base.prompt(instruction, example.input, pairs)) + longest - 1 > base.window

    if not too_long(len(order)):
        return len(order)
    return bisect_left(range(1, len(order) + 1), True, key=too_long)
