"""One row of a data set made an example: its input written out, its answer found."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any

from recycling.ground.errors import InputError
from recycling.tasks.record import Example, distinct, normalise, twice

Options = list[tuple[str, str]]
"""Letter and text of each option, in order."""


class UnusableRowError(ValueError):
    """Why a row cannot be an example."""


@dataclass(frozen=True)
class Reading:
    """How a row is read; the fields are the options of `hub_data.load`."""

    fields: Mapping[str, str]
    answer: str
    kind: str
    labels: Sequence[str] | Mapping[str, str] | None
    options: str | None
    answer_after: str | None
    longest: int

    def checked(self, columns: Sequence[str], names: Sequence[str] | None, thing: str) -> "Reading":
        """The same, with the `names` that the file gives to labels where the config gives none.

        Raises:
            InputError: a column that is not there, labels without names, options without a column.
        """
        used = [*self.fields.values(), self.answer, *([self.options] if self.options else [])]
        absent = [column for column in used if column.split(".")[0] not in columns]
        if absent:
            raise InputError(
                thing, "columns", list(columns), f"also {absent[0]!r}", "correct the task's columns"
            )
        if self.kind == "option" and not self.options:
            raise InputError(
                thing, "options", None, "the column of the options", "name it beside kind: option"
            )
        if self.kind == "label" and not (self.labels or names):
            raise InputError(
                thing, "labels", None, "a name for each label", "list them in the task, by number"
            )
        labels = self.labels or names or []
        # Values that share a label are one class on purpose.
        texts = dict.fromkeys(labels.values()) if isinstance(labels, Mapping) else labels
        if self.kind == "label" and (same := twice(texts)):
            raise InputError(thing, "labels", same, "each label once", "rename one of the two")
        return replace(self, labels=labels)


def example(identity: str, row: Mapping[str, Any], reading: Reading) -> Example:
    """The example of a row; raises UnusableRowError with the reason where there is none."""
    text = "\n".join(
        _written(name, _value(row, column), reading) for name, column in reading.fields.items()
    )
    if len(text) > reading.longest:
        raise UnusableRowError(f"longer than {reading.longest} characters")
    if not normalise(text):
        raise UnusableRowError("no input")
    answers, choices = _answers(row, reading)
    if not answers or not all(map(normalise, answers)):
        raise UnusableRowError("no answer")
    if choices:
        accepted = set(map(normalise, answers))
        right = [choice for choice in choices if normalise(choice) in accepted]
        if len(right) != 1:
            raise UnusableRowError(f"{len(right)} of its options are right")
        if same := twice(choices):
            raise UnusableRowError(f"options that are one answer: {same}")
        answers = distinct((*right, *answers))
    return Example(identity, text.strip(), answers, choices)


def lettered(value: Any) -> Options:
    """Letter and text of each option of a cell: a list of texts, or lists `label` and `text`.

    Options that bring their own letter, as in `A) red`, lose it from their text.
    """
    if isinstance(value, Mapping) and {"label", "text"} <= set(value):
        pairs = zip(value["label"], value["text"], strict=True)
        return [(str(label).strip(), str(text).strip()) for label, text in pairs]
    if isinstance(value, list):
        if len(value) > len(ascii_uppercase):
            raise UnusableRowError(f"{len(value)} options, more than there are letters for")
        return [
            (letter, _without_letter(letter, str(text).strip()))
            for letter, text in zip(ascii_uppercase, value, strict=False)
        ]
    raise UnusableRowError("no list of options")


def _without_letter(letter: str, text: str) -> str:
    # Tokenised text has a space before the bracket: `A ) red`.
    own = re.match(rf"\({letter} ?[).:]|{letter} ?\)|{letter}[.:]", text)
    return text[own.end() :].strip() if own else text


def _written(name: str, value: Any, reading: Reading) -> str:
    """A part of the input; the name stands before it where there are several."""
    if isinstance(value, list | Mapping):
        # Every option to its last letter: cutting the last one short changes the question.
        options = "\n".join(f"{letter}. {text}" for letter, text in lettered(value))
        return f"{name}:\n{options}" if len(reading.fields) > 1 else options
    if value is None or not str(value).strip():
        raise UnusableRowError(f"no {name}")
    text = str(value).strip()
    return f"{name}: {text}" if len(reading.fields) > 1 else text


def _value(row: Mapping[str, Any], column: str) -> Any:
    """The cell of a column; `a.b` is the part b of the column a, `a.-1` the last item of a list."""
    value: Any = row
    for part in column.split("."):
        key = _number(part) if isinstance(value, list) else part
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            raise UnusableRowError(f"no {column}") from None
    return value


def _answers(row: Mapping[str, Any], reading: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The right answers and the choices of a row; no choices where all tasks' labels are theirs."""
    value = _value(row, reading.answer)
    if value is None:
        raise UnusableRowError("no answer")
    if reading.kind == "label":
        return (_label(value, reading.labels),), ()
    options = lettered(_value(row, reading.options)) if reading.options else []
    if reading.kind == "option":
        return (_letter(value, options),), tuple(letter for letter, _ in options)
    texts = value if isinstance(value, list) else [value]
    answers = [str(text).strip() for text in texts]
    if reading.answer_after:
        answers = [text.rpartition(reading.answer_after)[2].strip() for text in answers]
    return distinct(answers), tuple(text for _, text in options)


def _label(value: Any, labels: Sequence[str] | Mapping[str, str] | None) -> str:
    if isinstance(labels, Mapping):
        key = str(value).strip()
        if key not in labels:
            raise UnusableRowError(f"label {key!r} has no name")
        return labels[key]
    number = _number(value)
    if labels is None or number is None or not 0 <= number < len(labels):
        raise UnusableRowError(f"label {value!r} has no name")
    return labels[number]


def _letter(value: Any, options: Options) -> str:
    """The letter of the option that a number, a letter or the option's text names."""
    number = _number(value)
    letters = [letter for letter, _ in options]
    if str(value).strip() in letters:
        return str(value).strip()
    if number is not None and 0 <= number < len(options):
        return letters[number]
    same = [letter for letter, text in options if normalise(text) == normalise(str(value))]
    if len(same) != 1:
        raise UnusableRowError(f"answer {value!r} is none of its options")
    return same[0]


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return int(value)
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
