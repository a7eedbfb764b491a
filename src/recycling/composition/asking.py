"""The tested questions put to a base that wears something."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from recycling.adapters.canonical import Adapter
from recycling.adapters.routed import Routed
from recycling.composition.subject import Subject
from recycling.model.base import Base
from recycling.model.scoring import predict
from recycling.statistics.metrics import choice_accuracy
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example

Questions = Mapping[str, Sequence[Example]]
Worn = Adapter | Routed | None


def ask(
    base: Base, subject: Subject, questions: Questions, turns: Mapping[str, Sequence[Worn]]
) -> list[dict[str, object]]:
    """Answers to all forms of question: what was said, and whether it was right.

    `turns` is what the base wears for each form, one after the other.
    """
    rows = []
    for form, examples in questions.items():
        if form in subject.unworn and turns[form] != [None]:
            examples = [replace(example, choices=()) for example in examples]
        said = _in_turn(base, subject, examples, turns[form])
        rows += _judged(subject, form, examples, said)
    return rows


def _in_turn(
    base: Base, subject: Subject, examples: Sequence[Example], turns: Sequence[Worn]
) -> list[Prediction]:
    """Answers of which each wearer writes one step, and the last all the rest."""
    *others, last = turns
    begun = [""] * len(examples)
    for worn in others:
        with base.wearing(worn):
            said = predict(base, "", _continued(examples, begun), subject.cap, what="answers")
        begun = [
            f"{text}{p.output.partition(subject.step)[0]}{subject.step} "
            for text, p in zip(begun, said, strict=True)
        ]
    with base.wearing(last):
        ended = predict(base, "", _continued(examples, begun), subject.cap, what="answers")
    return [replace(p, output=text + p.output) for text, p in zip(begun, ended, strict=True)]


def _continued(examples: Sequence[Example], begun: Sequence[str]) -> list[Example]:
    return [
        replace(example, input=f"{example.input} {text}".strip())
        for example, text in zip(examples, begun, strict=True)
    ]


def _judged(
    subject: Subject, form: str, examples: Sequence[Example], predictions: Sequence[Prediction]
) -> list[dict[str, object]]:
    rows = []
    for example, prediction in zip(examples, predictions, strict=True):
        judged = subject.judge(form, example, prediction.output)
        rows.append(
            {
                "form": form,
                "example": example.id,
                "answer": subject.judge(form, example, example.answers[0]).said,
                **judged._asdict(),
                # An answer that never ends is none.
                "right": judged.right and prediction.finished,
                "choice_right": bool(choice_accuracy(prediction)) if example.choices else None,
                "choices": len(example.choices),
            }
        )
    return rows
