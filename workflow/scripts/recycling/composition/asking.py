"""The tested questions put to a base that wears something."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from recycling.adapters.format import Adapter
from recycling.adapters.routed import Routed
from recycling.analysis.metrics import choice_accuracy
from recycling.composition.subject import Subject
from recycling.model.base import Base
from recycling.model.scoring import predict
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example

Questions = Mapping[str, Sequence[Example]]
STEP = " SEP"


def ask(
    base: Base, subject: Subject, questions: Questions, worn: Adapter | Routed | None
) -> list[dict[str, Any]]:
    """Answers to all forms of question: what was said, and whether it was right."""
    with base.wearing(worn):
        return [
            row
            for form, examples in questions.items()
            for row in _judged(subject, form, examples, _answered(base, subject, examples))
        ]


def ask_by_hops(
    base: Base, subject: Subject, questions: Questions, experts: Sequence[Adapter]
) -> list[dict[str, Any]]:
    """The oracle of hops: the first of two experts until the bridge is out, then the second."""
    first, second = experts
    rows = ask(base, subject, {"hop1": questions["hop1"], "direct": questions["direct"]}, first)
    rows += ask(base, subject, {"hop2": questions["hop2"]}, second)
    chains = questions["chain"]
    with base.wearing(first):
        begun = [p.output.partition(STEP)[0] for p in _answered(base, subject, chains)]
    halfway = [
        replace(example, input=f"{example.input} {text}{STEP}")
        for example, text in zip(chains, begun, strict=True)
    ]
    with base.wearing(second):
        ended = _answered(base, subject, halfway)
    whole = [
        replace(rest, output=f"{text}{STEP} {rest.output}")
        for text, rest in zip(begun, ended, strict=True)
    ]
    return rows + _judged(subject, "chain", chains, whole)


def _answered(base: Base, subject: Subject, examples: Sequence[Example]) -> list[Prediction]:
    return predict(base, "", examples, subject.cap, what="answers")


def _judged(
    subject: Subject, form: str, examples: Sequence[Example], predictions: Sequence[Prediction]
) -> list[dict[str, Any]]:
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
