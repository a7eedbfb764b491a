"""Lines of a user's JSONL file, read with care: bounded, UTF-8, one object on each line."""

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from recycling.ground import regular_file
from recycling.ground.errors import InputError
from recycling.tasks.record import normalise

LONGEST_LINE = 1_000_000


def rows(path: str, digest: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of the lines that are not blank; `digest` is updated with all of them.

    Raises InputError for a file that cannot be read, a line beyond all measure, and a line that is
    no object.
    """
    for number, line in _lines(path, digest):
        yield number, _object(line, path, number)


def count(path: str, most: int) -> int:
    """How many lines are not blank; those after the first `most` are not looked at.

    Raises InputError for a file that cannot be read.
    """
    return sum(1 for _ in islice(_lines(path, hashlib.sha256()), most))


def check_keys(
    row: dict[str, Any], needed: tuple[str, ...], known: set[str], path: str, where: str
) -> None:
    """Raise InputError for a key that is missing and for one that nobody reads."""
    for key in needed:
        if key not in row:
            raise InputError(path, where, sorted(row), f"the key {key!r}", "add it to the line")
    if unknown := sorted(row.keys() - known):
        raise InputError(
            path, where, unknown[0], f"only the keys {sorted(known)}", "rename or remove the key"
        )


def text(value: Any, path: str, where: str) -> str:
    """The value, if it is text that says something; raises InputError if not."""
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


def texts(value: Any, path: str, where: str, *, alone: bool = False) -> tuple[str, ...]:
    """A list of texts, with `alone` also a single one; raises InputError for anything else."""
    if alone and isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        expected = "text or a list of texts" if alone else "a list of texts"
        raise InputError(path, where, value, expected, "correct the value")
    return tuple(text(item, path, where).strip() for item in value)


def _lines(path: str, digest: Any) -> Iterator[tuple[int, bytes]]:
    # Bounded reads: a file without line ends must not fill the memory before it is refused.
    number = 0
    try:
        with regular_file.opened(Path(path)) as file:
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


def _object(line: bytes, path: str, number: int) -> dict[str, Any]:
    where = f"line {number}"
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(path, where, line[:40], "UTF-8 text", "save the file as UTF-8") from error
    try:
        row = json.loads(text, object_pairs_hook=partial(_once, path, where))
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(
            path, where, text.strip(), "a JSON object", "write one object on each line"
        ) from error
    if not isinstance(row, dict):
        raise InputError(path, where, row, "a JSON object", "write one object on each line")
    return row


def _once(path: str, where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; raises InputError for a key that it gives twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(path, where, f"{key!r} twice", "each key once", "remove one of them")
        found[key] = value
    return found
