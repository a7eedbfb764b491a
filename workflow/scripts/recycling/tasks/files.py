"""The user's own task: a JSONL file of inputs, right answers and optional choices.

Each line is an object with `input` (text), `output` (text or a list of texts, all of them right)
and, if wanted, `choices` (texts, one of them right) and `id`. Lines with the same input become one
example that accepts the answers of all of them.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recycling.errors import InputError
from recycling.tasks.record import Dropped, Example, Task, distinct, normalise

LONGEST_LINE = 1_000_000
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
        _example(line, path, number) for number, line in _lines(path, digest)
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
        source={"source": "file", "file": Path(path).name, "sha256": digest.hexdigest()},
    )


def _lines(path: str, digest: Any) -> Iterator[tuple[int, bytes]]:
    # Bounded reads: a file without line ends must not fill the memory before it is refused.
    number = 0
    try:
        with Path(path).open("rb") as file:
            while line := file.readline(LONGEST_LINE + 2):
                number += 1
                digest.update(line)
                if len(line.rstrip(b"\r\n")) > LONGEST_LINE:
                    raise InputError(
                        path,
                        f"line {number}",
                        line[:40],
                        f"at most {LONGEST_LINE} bytes",
                        "put one example on each line",
                    )
                if line.strip():
                    yield number, line
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"task file {path}", "path", str(error), "a readable file", "correct the path"
        ) from error


def _example(line: bytes, path: str, number: int) -> Example:
    where = f"line {number}"
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(path, where, line[:40], "UTF-8 text", "save the file as UTF-8") from error
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            path, where, text.strip(), "a JSON object", "write one object on each line"
        ) from error
    if not isinstance(row, dict):
        raise InputError(path, where, row, "a JSON object", "write one object on each line")
    for key in ("input", "output"):
        if key not in row:
            raise InputError(path, where, sorted(row), f"the key {key!r}", "add it to the line")
    if unknown := sorted(row.keys() - KEYS):
        raise InputError(
            path, where, unknown[0], f"only the keys {sorted(KEYS)}", "rename or remove the key"
        )
    identity = _text(row.get("id", f"line-{number}"), path, f"{where}, id")
    answers = _texts(row["output"], path, f"{where}, output", alone=True)
    choices = _texts(row["choices"], path, f"{where}, choices") if "choices" in row else ()
    if choices:
        _check_choices(answers, choices, path, f"{where}, choices")
    return Example(
        identity,
        _text(row["input"], path, f"{where}, input").strip(),
        distinct(answers),
        choices,
    )


def _text(value: Any, path: str, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(path, where, value, "text", "put it in quotes")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            path, where, value, "valid Unicode", "remove the unpaired surrogate"
        ) from error
    if not normalise(value):
        raise InputError(
            path, where, value, "more than spaces and dots", "fill it in or remove the line"
        )
    return value


def _texts(value: Any, path: str, where: str, *, alone: bool = False) -> tuple[str, ...]:
    if alone and isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        expected = "text or a list of texts" if alone else "a list of texts"
        raise InputError(path, where, value, expected, "correct the value")
    return tuple(_text(item, path, where).strip() for item in value)


def _check_choices(
    answers: tuple[str, ...], choices: tuple[str, ...], path: str, where: str
) -> None:
    if len(choices) < 2 or len(distinct(choices)) < len(choices):
        raise InputError(
            path, where, list(choices), "two or more different choices", "correct the list"
        )
    if not _right(answers, choices):
        raise InputError(
            path, where, list(choices), f"{answers[0]!r} among them", "add the right answer"
        )


def _right(answers: tuple[str, ...], choices: tuple[str, ...]) -> list[str]:
    accepted = set(map(normalise, answers))
    return [choice for choice in choices if normalise(choice) in accepted]


def _gather(rows: Iterator[Example]) -> tuple[list[Example], list[Dropped]]:
    """One example for each input, and what became of the other rows."""
    found: dict[str, Example] = {}
    dropped = []
    for row in rows:
        first = found.setdefault(normalise(row.input), row)
        if first is row:
            continue
        if first.input != row.input:
            reason = f"input of {first.id} but for spaces, case or dots"
        else:
            joined = Example(
                first.id,
                first.input,
                distinct(first.answers + row.answers),
                distinct(first.choices + row.choices),
            )
            reason = f"repeats {first.id}" if joined == first else f"joined to {first.id}"
            found[normalise(row.input)] = joined
        dropped.append(Dropped(row.id, reason))
    examples = []
    for example in found.values():
        right = _right(example.answers, example.choices)
        if len(right) > 1:
            dropped.append(Dropped(example.id, f"{len(right)} of its choices are right"))
        else:
            # Spelled as among the choices, so that what is trained is what the metric looks for.
            answers = distinct((*right, *example.answers))
            examples.append(Example(example.id, example.input, answers, example.choices))
    return examples, dropped
