"""What a subject gives: texts of pre-training, lessons of experts, questions and their judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from recycling.tasks.record import Example


def forms_of(expert: str, known: Mapping[str, Sequence[str]]) -> list[str]:
    """What all parts of an expert's name stand for in a table, parts with `+` between them."""
    return [form for part in expert.split("+") for form in known.get(part, ())]


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
    texts, none where the base is fetched; an answer has at most `cap` tokens, and `step` ends a
    step of a chain of thought. `roles` names, for forms whose questions are all built alike, what
    each token of question and right answer is, the token before them included. The candidates of
    the forms in `unworn` are offered to the bare base alone: what it knows before any adapter.
    """

    words: Sequence[str]
    cap: int
    pretraining: Callable[[str], list[Example]]
    lessons: Callable[[str, str], list[Example]]
    questions: Callable[[str], dict[str, list[Example]]]
    judge: Callable[[str, Example, str], Judged]
    own: Callable[[str], list[str]]
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    step: str = " SEP"
    unworn: Sequence[str] = ()
