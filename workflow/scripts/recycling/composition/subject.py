"""What a subject gives: texts of pre-training, lessons of experts, questions and their judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from recycling.tasks.record import Example


class Judged(NamedTuple):
    """The answer that an output gives and whether it is right.

    Where steps were asked for, whether those before the last are right; `right` then needs them.
    """

    said: str
    right: bool
    steps_right: bool | None = None


@dataclass(frozen=True)
class Subject:
    """Callables of a drawn material.

    `pretraining(base)` is what a base reads; `lessons(setting, expert)` what an expert is trained
    on; `questions(setting)` the tested questions by form; `judge(form, example, output)` their
    judge; `own(expert)` the forms that an expert must know by itself. `words` are all words of all
    texts; an answer has at most `cap` of them.
    """

    words: Sequence[str]
    cap: int
    pretraining: Callable[[str], list[Example]]
    lessons: Callable[[str, str], list[Example]]
    questions: Callable[[str], dict[str, list[Example]]]
    judge: Callable[[str, Example, str], Judged]
    own: Callable[[str], list[str]]
