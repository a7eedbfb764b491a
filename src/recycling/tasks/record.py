"""What a task is: examples with every right answer, and the files that hold them."""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from recycling.ground.errors import InputError
from recycling.ground.tables import read_json, reading, replacing, write_json


def folded(text: str) -> str:
    """`text` without case, in composed Unicode (NFC), in which each letter has one spelling.

    Source: the Unicode Standard, 3.13, canonical caseless matching.
    """
    return _composed(unicodedata.normalize("NFD", text).casefold())


def normalise(text: str) -> str:
    """`text` as answers are compared: folded, without any white space or outer dots."""
    return folded("".join(text.split())).strip(".")


@dataclass(frozen=True)
class Example:
    """One labelled item. `answers[0]` is what is trained, all of `answers` are right.

    `choices` is the candidate set of the likelihood metric, in its fixed order; it is empty until
    the task is split and then holds exactly one accepted answer, `answers[0]`. All texts but the
    id are brought to composed Unicode (NFC), which is what a tokenizer has seen most.
    """

    id: str
    input: str
    answers: tuple[str, ...]
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Compose the texts."""
        object.__setattr__(self, "input", _composed(self.input))
        object.__setattr__(self, "answers", tuple(map(_composed, self.answers)))
        object.__setattr__(self, "choices", tuple(map(_composed, self.choices)))


Fact = tuple[str, tuple[str, ...]]
"""An input and its right answers."""


class Dropped(NamedTuple):
    """A row that is not used, or not as an example of its own, and why."""

    id: str
    reason: str


@dataclass(frozen=True)
class Task:
    """Examples of one instruction; ids and normalised inputs are distinct.

    `labels` are the possible answers where the task has a closed set of them. `source` says where
    the examples come from: versions of libraries or the sha256 of a file. `test` are the rows of a
    test part of the source's own; without one, the rows that are not labelled are for testing.

    Raises:
        InputError: two examples share an id or an input.
    """

    name: str
    instruction: str
    examples: tuple[Example, ...]
    labels: tuple[str, ...] | None = None
    dropped: tuple[Dropped, ...] = ()
    source: dict[str, str] = field(default_factory=dict)
    test: tuple[Example, ...] = ()

    def __post_init__(self) -> None:
        """Check that no two examples share an id or an input."""
        for key in ("id", "input"):
            seen: set[str] = set()
            for example in self.examples + self.test:
                text = example.id if key == "id" else normalise(example.input)
                if text in seen:
                    raise InputError(
                        f"task {self.name}",
                        key,
                        getattr(example, key),
                        f"each {key} once, whatever its spaces, case and outer dots"
                        if key == "input"
                        else "each id once",
                        "rename or remove one of the rows",
                    )
                seen.add(text)


@dataclass(frozen=True)
class Counts:
    """How many examples a task has, how many are in each part of a replicate; dropped rows."""

    items: int
    train: int
    valid: int
    test: int
    dropped: int


@dataclass(frozen=True)
class PreparedTask:
    """What `task.json` holds of a task, beside the files of its parts: all but the examples."""

    name: str
    instruction: str
    labels: tuple[str, ...] | None
    counts: Counts
    source: dict[str, str]


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts in order, each once after normalisation."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(normalise(text), text)
    return tuple(found.values())


def twice(texts: Iterable[str]) -> str:
    """The first two texts that are one after normalisation, with what differs; "" if none are."""
    found: dict[str, str] = {}
    for text in texts:
        key = normalise(text)
        if key in found:
            return f"{found[key]!r} and {text!r} ({_difference(found[key], text)})"
        found[key] = text
    return ""


def _difference(first: str, second: str) -> str:
    """The code points of both texts without what they share at both ends."""
    if first == second:
        return "the same text"
    start = _shared(first, second)
    ends = [first[start:], second[start:]]
    shared = _shared(*(end[::-1] for end in ends))
    return " against ".join(_code_points(end[: len(end) - shared]) for end in ends)


def _shared(first: str, second: str) -> int:
    """How many characters both texts have in common at their start."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _code_points(text: str) -> str:
    return " ".join(f"U+{ord(sign):04X}" for sign in text) or "nothing"


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def write_examples(examples: Iterable[Example], path: str | Path) -> None:
    """Write JSONL, one example a line, its keys sorted."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for example in examples:
            file.write(json.dumps(asdict(example), ensure_ascii=False, sort_keys=True) + "\n")


def read_examples(path: str | Path) -> list[Example]:
    """Read the JSONL that `write_examples` wrote.

    Raises:
        InputError: a line is not an example.
    """
    examples = []
    with reading(path), Path(path).open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                answers, choices = tuple(row.pop("answers")), tuple(row.pop("choices"))
                examples.append(Example(**row, answers=answers, choices=choices))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(
                    str(path),
                    f"line {number}",
                    line.strip(),
                    "an object with id, input, answers and choices",
                    "delete the file and run again, its content is damaged",
                ) from error
    return examples


def write_task(task: PreparedTask, path: str | Path) -> None:
    """Write `task.json`."""
    write_json(asdict(task), path)


def read_task(path: str | Path) -> PreparedTask:
    """Read the JSON that `write_task` wrote. Raises InputError for any other."""
    with reading(path, KeyError, TypeError):
        found = read_json(path)
        labels = None if found["labels"] is None else tuple(found["labels"])
        return PreparedTask(**found | {"labels": labels, "counts": Counts(**found["counts"])})
