"""The user's own task: a JSONL file of inputs, right answers and optional choices.

Each line is an object with `input` (text), `output` (text or a list of texts, all of them right)
and, if wanted, `choices` (texts, one of them right) and `id`. Lines with the same input become one
example that accepts the answers of all of them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from recycling.ground.errors import InputError
from recycling.tasks import jsonl, lookalike
from recycling.tasks.record import Dropped, Example, Task, distinct, normalise, twice

KEYS = {"input", "output", "choices", "id"}


def load(name: str, *, path: str, instruction: str) -> Task:
    """The task that the file at `path` holds, in the order of its lines.

    Raises:
        InputError: the file or a line of it is not usable; the message names the line.
    """
    if not instruction.strip():
        raise InputError(
            f"task {name}", "instruction", instruction, "a sentence", "say what is asked"
        )
    digest = hashlib.sha256()
    examples, dropped = _gather(
        _example(row, path, number) for number, row in jsonl.rows(path, digest)
    )
    if not examples:
        raise InputError(path, "rows", 0, "at least one usable row", "add labelled examples")
    closed = {frozenset(map(normalise, example.choices)) for example in examples}
    return Task(
        name,
        instruction.strip(),
        tuple(examples),
        labels=examples[0].choices if len(closed) == 1 and examples[0].choices else None,
        dropped=tuple(dropped),
        source={
            "source": "file",
            "file": Path(path).name,
            "sha256": digest.hexdigest(),
            **lookalike.note(examples),
        },
    )


def _example(row: dict[str, Any], path: str, number: int) -> Example:
    where = f"line {number}"
    jsonl.check_keys(row, ("input", "output"), KEYS, path, where)
    identity = jsonl.text(row.get("id", f"line-{number}"), path, f"{where}, id")
    answers = jsonl.texts(row["output"], path, f"{where}, output", alone=True)
    choices = jsonl.texts(row["choices"], path, f"{where}, choices") if "choices" in row else ()
    if choices:
        _check_choices(answers, choices, path, f"{where}, choices")
    return Example(
        identity,
        jsonl.text(row["input"], path, f"{where}, input").strip(),
        distinct(answers),
        choices,
    )


def _check_choices(
    answers: tuple[str, ...], choices: tuple[str, ...], path: str, where: str
) -> None:
    same = twice(choices)
    if len(choices) < 2 or same:
        expected = "two or more different choices" + (f", unlike {same}" if same else "")
        raise InputError(path, where, list(choices), expected, "correct the list")
    if not _right(answers, choices):
        seen = set(map(lookalike.sight, answers))
        alike = [choice for choice in choices if lookalike.sight(choice) in seen]
        expected = f"{answers[0]!r} among them"
        if alike:
            expected += f"; {alike[0]!a} looks like {answers[0]!a} and is another text"
        raise InputError(path, where, list(choices), expected, "add the right answer")


def _right(answers: tuple[str, ...], choices: tuple[str, ...]) -> list[str]:
    accepted = set(map(normalise, answers))
    return [choice for choice in choices if normalise(choice) in accepted]


class _Joined:
    """The rows with one input: the first, and the answers and choices of all by normal form."""

    def __init__(self, row: Example) -> None:
        self.row = row
        self.answers = {normalise(text): text for text in row.answers}
        self.choices = {normalise(text): text for text in row.choices}

    def add(self, row: Example) -> bool:
        """Take what is new in another row; whether anything is."""
        before = len(self.answers) + len(self.choices)
        for kept, texts in ((self.answers, row.answers), (self.choices, row.choices)):
            for text in texts:
                kept.setdefault(normalise(text), text)
        return len(self.answers) + len(self.choices) > before

    def example(self) -> Example:
        """The rows as one example."""
        return replace(
            self.row, answers=tuple(self.answers.values()), choices=tuple(self.choices.values())
        )


def _gather(rows: Iterator[Example]) -> tuple[list[Example], list[Dropped]]:
    """One example for each input, and what became of the other rows."""
    found: dict[str, _Joined] = {}
    dropped = []
    for row in rows:
        first = found.setdefault(normalise(row.input), _Joined(row))
        if first.row is row:
            continue
        if first.row.input != row.input:
            reason = f"input of {first.row.id} but for spaces, case or dots"
        else:
            reason = f"{'joined to' if first.add(row) else 'repeats'} {first.row.id}"
        dropped.append(Dropped(row.id, reason))
    examples = []
    for example in (joined.example() for joined in found.values()):
        right = _right(example.answers, example.choices)
        if len(right) > 1:
            dropped.append(Dropped(example.id, f"{len(right)} of its choices are right"))
        else:
            # Spelled as among the choices, so that what is trained is what the metric looks for.
            answers = distinct((*right, *example.answers))
            examples.append(Example(example.id, example.input, answers, example.choices))
    return examples, dropped
