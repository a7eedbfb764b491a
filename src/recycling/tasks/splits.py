"""Train, valid and test examples of a task, drawn anew for each replicate, with their choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.tasks import cross_validation
from recycling.tasks.record import Counts, Example, PreparedTask, Task, distinct, normalise

LEAST_TEST = 48


@dataclass(frozen=True)
class Splits:
    """Disjoint parts of a task, each in the order in which it was drawn."""

    train: list[Example]
    valid: list[Example]
    test: list[Example]


def sizes(items: int, *, train: int, valid: int, test: int) -> tuple[int, int, int] | None:
    """How many of `items` go to train, valid and test; None when they are too few.

    The test part gets what the labelled part leaves: at least 48 items, at most `test`. A task too
    small for that labels 84% of what was asked, five to train for one to valid (70 and 14 instead
    of 80 and 20), and below that what 48 test items leave, but no fewer than 48.
    """
    labelled = train + valid
    if items < labelled + LEAST_TEST:
        if items < 2 * LEAST_TEST:
            return None
        labelled = min(round(0.84 * labelled), items - LEAST_TEST)
        train = round(labelled * 5 / 6)
        valid = labelled - train
    return train, valid, min(test, items - labelled)


def shared_out(labelled: int, *, train: int, valid: int) -> tuple[int, int]:
    """How many of `labelled` rows go to train and valid: as asked, or fewer in that proportion."""
    if labelled >= train + valid:
        return train, valid
    kept = min(max(1, round(labelled * valid / (train + valid))), labelled - 1)
    return labelled - kept, kept


def split(
    task: Task,
    *,
    seed: int,
    replicate: int | str,
    train: int,
    valid: int,
    test: int,
    candidates: int,
    folds: int = 1,
) -> Splits:
    """Draw the parts of a replicate, or of one of its folds, and give every example its choices.

    A larger `test` only appends to the test part. The choices of an example depend on the seed and
    the task, not on the replicate. With `folds` above 1 the rows of a replicate are dealt to its
    folds: one is the test part, whatever `test` says, and the rows of the others are labelled.

    Raises:
        InputError: too few items, folds of a task whose test rows have a part of their own, or
            fewer than two different answers to choose from.
    """
    replicate, fold = cross_validation.parsed(replicate)
    if folds > 1:
        counts = _of_fold(task, fold, folds, train=train, valid=valid)
    elif task.test:
        counts = _beside_own_test(task, train=train, valid=valid, test=test)
    else:
        counts = _of_all(task, train=train, valid=valid, test=test)
    labels = sorted(task.labels or [example.answers[0] for example in task.examples + task.test])
    pool = distinct(labels)
    places = {normalise(label): place for place, label in enumerate(pool)}

    def drawn(examples: Sequence[Example], purpose: str, count: int) -> list[Example]:
        rows = sorted(examples, key=lambda example: example.id)
        order = seeds.numpy_generator(seed, purpose, task.name, replicate).permutation(len(rows))
        return [
            _with_choices(rows[index], task.name, pool, places, seed, candidates)
            for index in order[:count]
        ]

    first, second = counts[0], counts[0] + counts[1]
    if folds > 1:
        rows = drawn(task.examples, "split", len(task.examples))
        labelled, tested = _other_folds(rows, fold, folds), in_fold(rows, fold, folds)
    elif task.test:
        labelled = drawn(task.examples, "split", second)
        tested = drawn(task.test, "own test", counts[2])
    else:
        labelled = drawn(task.examples, "split", sum(counts))
        tested = labelled[second:]
    return Splits(labelled[:first], labelled[first:second], tested)


def prepared(task: Task, parts: Splits) -> PreparedTask:
    """What is kept of a task beside the files of its parts."""
    counts = Counts(
        items=len(task.examples),
        train=len(parts.train),
        valid=len(parts.valid),
        test=len(parts.test),
        dropped=len(task.dropped),
    )
    return PreparedTask(task.name, task.instruction, task.labels, counts, task.source)


def _of_all(task: Task, *, train: int, valid: int, test: int) -> tuple[int, int, int]:
    """Sizes where rows that are not labelled are tested."""
    counts = sizes(len(task.examples), train=train, valid=valid, test=test)
    if counts is None:
        raise _too_few(task, min(train + valid, LEAST_TEST) + LEAST_TEST)
    return counts


def _beside_own_test(task: Task, *, train: int, valid: int, test: int) -> tuple[int, int, int]:
    """Sizes where test rows have a part of their own."""
    if len(task.examples) < train + valid:
        raise _too_few(task, train + valid)
    return train, valid, min(test, len(task.test))


def _of_fold(task: Task, fold: int, folds: int, *, train: int, valid: int) -> tuple[int, int, int]:
    """Sizes where a fold is tested, and the others are labelled."""
    if task.test:
        raise InputError(
            f"task {task.name}",
            "split.folds",
            folds,
            "1 beside a test part of the source's own",
            "set it to 1, or remove the test part from the options of the task",
        )
    items = len(task.examples)
    if items < LEAST_TEST:
        raise _too_few(task, LEAST_TEST)
    tested = len(range(fold, items, folds))
    return *shared_out(items - tested, train=train, valid=valid), tested


def _too_few(task: Task, needed: int) -> InputError:
    return InputError(
        f"task {task.name}",
        "items",
        len(task.examples),
        f"at least {needed}",
        "add examples or choose another task",
    )


def _other_folds(rows: Sequence[Example], fold: int, folds: int) -> list[Example]:
    """The rows of all other folds, from another one on for each: where not all fit, rows differ."""
    others = without_fold(rows, fold, folds)
    start = fold * len(others) // folds
    return others[start:] + others[:start]


def fold_of(index: int, folds: int) -> int:
    """The fold of a row by its place; rows come in the order in which they were drawn."""
    return index % folds


def without_fold(examples: Sequence[Example], fold: int, folds: int) -> list[Example]:
    """The rows of all other folds."""
    return [row for index, row in enumerate(examples) if fold_of(index, folds) != fold]


def in_fold(examples: Sequence[Example], fold: int, folds: int) -> list[Example]:
    """The rows of one fold."""
    return [row for index, row in enumerate(examples) if fold_of(index, folds) == fold]


def with_shuffled_answers(
    examples: Sequence[Example], generator: np.random.Generator
) -> list[Example]:
    """The same inputs, each with the answers and choices of a row drawn without replacement.

    How often each answer occurs is kept, and so is the form of the answers; what the input says
    about its answer is lost, but for the rows that draw their own answer.
    """
    order = generator.permutation(len(examples))
    return [
        replace(example, answers=examples[other].answers, choices=examples[other].choices)
        for example, other in zip(examples, order, strict=True)
    ]


def _with_choices(
    example: Example,
    task: str,
    pool: Sequence[str],
    places: Mapping[str, int],
    seed: int,
    candidates: int,
) -> Example:
    """The example with its choices, wrong ones from `pool`, where `places` has each by its form."""
    if example.choices:
        return example
    accepted = set(map(normalise, example.answers))
    right = sorted(places[form] for form in accepted if form in places)
    others = len(pool) - len(right)
    if not others or candidates < 2:
        raise InputError(
            f"task {task}",
            f"choices of {example.id}",
            min(candidates, others + 1),
            "at least 2 candidates",
            "add examples with other answers or raise `candidates`",
        )
    random = seeds.numpy_generator(seed, "choices", task, example.id)
    wrong = random.permutation(others)[: candidates - 1].tolist()
    choices = [example.answers[0], *(pool[_beside(right, index)] for index in wrong)]
    return replace(example, choices=tuple(choices[i] for i in random.permutation(len(choices))))


def _beside(left_out: Sequence[int], index: int) -> int:
    """The place of the item with that index when those at the places `left_out` do not count."""
    for place in left_out:
        if place > index:
            break
        index += 1
    return index
