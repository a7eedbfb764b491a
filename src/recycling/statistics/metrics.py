"""Scores of stored predictions: one row per example, a new metric costs no model time.

A metric is one function of a prediction and one entry of `METRICS`. Nothing here reads a model or
a configuration, so the same file of predictions always gives the same scores.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from recycling.ground.errors import InputError
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import normalise

CELL = ["arm", "task", "replicate"]
COLUMNS = [field.name for field in fields(Prediction)]


def exact_match(prediction: Prediction) -> float:
    """1 if the greedy text equals an accepted answer after `normalise`, else 0."""
    return float(normalise(prediction.output) in set(map(normalise, prediction.answers)))


def choice_accuracy(prediction: Prediction) -> float:
    """1 if the accepted candidate is strictly the most likely one, else 0.

    Free of format: nothing is generated. Likelihoods are summed, not averaged, over tokens, so they
    are probabilities of whole answers. A tie is wrong, because a constant score knows nothing.
    """
    return float(likeliest(prediction.choice_nll, accepted(prediction).index(True)))


def likeliest(choice_nll: Sequence[float], place: int) -> bool:
    """Whether the candidate at that place is strictly likelier than every other one."""
    best = choice_nll[place]
    return all(best < value for other, value in enumerate(choice_nll) if other != place)


def accepted(prediction: Prediction) -> list[bool]:
    """Which of the candidates are accepted answers: one, in a prediction that was checked."""
    answers = set(map(normalise, prediction.answers))
    return [normalise(choice) in answers for choice in prediction.choices]


def nll(prediction: Prediction) -> float:
    """Negative log-likelihood of the trained answer in nats per token, end of turn included."""
    return prediction.answer_nll / prediction.answer_tokens


def valid_format(prediction: Prediction) -> float:
    """1 if the greedy text could be an answer at all, right or wrong, else 0.

    It ended its turn before the cap, says something, and has no more lines and no more words than
    the longest accepted answer or candidate of its example.
    """
    text = prediction.output.strip()
    known = prediction.answers + prediction.choices
    lines = max(len(answer.strip().splitlines()) for answer in known)
    longest = max(len(answer.split()) for answer in known)
    return float(
        prediction.finished
        and normalise(text) != ""
        and len(text.splitlines()) <= lines
        and len(text.split()) <= longest
    )


@dataclass(frozen=True)
class Metric:
    """A score of one example; a share is 0 or 1 and more is better, `nll` is the other kind."""

    score: Callable[[Prediction], float]
    label: str
    share: bool = True
    reads_output: bool = False
    """It reads the greedy text, which is generated token by token."""
    reads_choices: bool = False
    """It reads the candidates, each of which is scored."""


METRICS = {
    "exact_match": Metric(exact_match, "exact match", reads_output=True),
    "choice_accuracy": Metric(choice_accuracy, "choice accuracy", reads_choices=True),
    "nll": Metric(nll, "nll per answer token", share=False),
    "valid_format": Metric(valid_format, "valid format", reads_output=True, reads_choices=True),
}


class Reading(TypedDict):
    """Options of `model.scoring.predict`: the most tokens to generate, whether to score choices."""

    cap: int
    choices: bool


def reading(metrics: Collection[str], cap: int) -> Reading:
    """What the model has to do for these metrics, so that it does no more."""
    asked = [METRICS[name] for name in metrics]
    return Reading(
        cap=cap if any(metric.reads_output for metric in asked) else 0,
        choices=any(metric.reads_choices for metric in asked),
    )


def goodness(metric: str, predictions: Iterable[Prediction]) -> list[float]:
    """The metric of each prediction, negated where less is better."""
    about = METRICS[metric]
    sign = 1 if about.share else -1
    return [sign * about.score(prediction) for prediction in predictions]


def score(predictions: pd.DataFrame, thing: str) -> pd.DataFrame:
    """`example` and one column per metric, for every row of a prediction file, in its order.

    Raises what `read` does.
    """
    return pd.DataFrame(
        [
            {"example": one.example} | {name: metric.score(one) for name, metric in METRICS.items()}
            for one in read(predictions, thing)
        ]
    )


def read(predictions: pd.DataFrame, thing: str) -> list[Prediction]:
    """The rows of a prediction file of one arm, in their order.

    Raises InputError, naming `thing`, for a table without rows, an example that appears twice, a
    likelihood that is not finite and candidates without exactly one accepted answer.
    """
    if predictions.empty:
        raise InputError(thing, "rows", 0, "at least one test example", "give the task more items")
    twice = predictions["example"][predictions["example"].duplicated()]
    if not twice.empty:
        raise InputError(
            thing, "example", twice.iloc[0], "each example once", "delete the file and run again"
        )
    rows = []
    for row in predictions.itertuples():
        rows.append(Prediction(**{name: _as_tuple(getattr(row, name)) for name in COLUMNS}))
        _check(rows[-1], f"{thing}, example {row.example}")
    return rows


def aggregate(examples: pd.DataFrame) -> pd.DataFrame:
    """Number of examples and mean of every metric for each arm, task and replicate.

    Rows keep the order in which the cells first appear in `examples`.
    """
    groups = examples.groupby(CELL, sort=False)
    means = groups[list(METRICS)].mean()
    means.insert(0, "n", groups.size())
    return means.reset_index()


def _as_tuple(value: Any) -> Any:
    """Lists come back from parquet as arrays."""
    return tuple(value.tolist()) if isinstance(value, np.ndarray) else value


def _check(prediction: Prediction, thing: str) -> None:
    for value in (prediction.answer_nll, *prediction.choice_nll):
        if not math.isfinite(value):
            raise InputError(
                thing,
                "negative log-likelihood",
                value,
                "a finite number",
                "the arm diverged: lower its learning rate",
            )
    if sum(accepted(prediction)) != 1:
        raise InputError(
            thing,
            "choices",
            list(prediction.choices),
            f"exactly one of the accepted answers {list(prediction.answers)}",
            "mend the candidates in the source of the task",
        )
