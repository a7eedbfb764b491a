"""A calibrated base: the likelihoods of the candidates, corrected by what labelled rows say.

Nothing is trained but a few numbers, and no text is generated anew: greedy answers, and the
likelihood of the trained answer, stay those of the base. Only the choice among candidates changes.

Where a task has a closed set of labels, the log-likelihood l of label y becomes `w_y l + b_y`, with
all labels as candidates. That takes off what the base prefers whatever it is asked ("Mitigating
label biases", 2309.17249; affine per class: 2505.23783). Elsewhere a candidate is new in each row,
and becomes `w l + v p + u t`: p is its log-likelihood behind a question without content (Zhao et
al., 2102.09690), its prior, and t its number of tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from recycling.ground.errors import InputError
from recycling.model import choice_model
from recycling.model.base import Base
from recycling.model.choice_model import Floats, Row
from recycling.model.scoring import predict
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example, distinct, normalise

# How firmly theta is held at the base's own likelihoods, firmest first: inf leaves it there.
RIDGES = (inf, 1.0, 0.1, 0.01, 0.001)
NO_CONTENT = "N/A"
# Candidates whose prior is taken in one row.
AT_ONCE = 32


def predicted(
    base: Base,
    instruction: str,
    train: Sequence[Example],
    valid: Sequence[Example],
    test: Sequence[Example],
    cap: int,
    labels: Sequence[str] | None,
) -> list[Prediction]:
    """Predictions of the bare base for `test`, the likelihoods of its choices corrected.

    The correction is fitted on `train`, as firmly held at the base's own likelihoods as is best on
    `valid`; where nothing beats these, they stay. `choice_nll` are then negative log-probabilities
    among all candidates. `labels` are those of a closed set; None without one.

    Raises InputError for a candidate that is none of the labels.
    """
    with_labels = [[_with_labels(row, labels) for row in rows] for rows in (train, valid, test)]
    caps, whats = (0, 0, cap), ("training rows", "validation rows", "test rows")
    found = [
        predict(base, instruction, rows, most, what=f"calibrated: {what}")
        for rows, most, what in zip(with_labels, caps, whats, strict=True)
    ]
    if labels is None:
        texts = distinct(text for rows in found for row in rows for text in row.choices)
        priors = _priors(base, instruction, texts)
        numbers = [[_numbers(row, priors) for row in rows] for rows in found]
        start = np.array([1.0, 0.0, 0.0])
    else:
        numbers = [[_by_class(row) for row in rows] for rows in found]
        start = np.repeat([1.0, 0.0], len(labels))
    rows, held_out = (
        [Row(x, _right(row)) for x, row in zip(some, of, strict=True)]
        for some, of in zip(numbers[:2], found[:2], strict=True)
    )
    theta, ridge = chosen(rows, held_out, start)
    print(f"calibrated: ridge {ridge:g}, theta {np.round(theta, 3).tolist()}")
    return [
        _corrected(prediction, example, choice_model.log_probabilities(x, theta))
        for prediction, example, x in zip(found[2], test, numbers[2], strict=True)
    ]


def chosen(train: Sequence[Row], valid: Sequence[Row], start: Floats) -> tuple[Floats, float]:
    """The fit with the lowest loss on `valid`, and its ridge; of equal ones the firmest."""
    fits = [
        (start if ridge == inf else choice_model.fitted(train, start, ridge), ridge)
        for ridge in RIDGES
    ]
    return min(fits, key=lambda fit: choice_model.loss(valid, fit[0]))


def _with_labels(example: Example, labels: Sequence[str] | None) -> Example:
    """The example with all labels as its choices."""
    if labels is None:
        return example
    known = {normalise(label) for label in labels}
    for choice in example.choices:
        if normalise(choice) not in known:
            raise InputError(
                f"calibration, example {example.id}",
                "choices",
                choice,
                f"one of the {len(labels)} labels of the task",
                "mend the candidates in the source of the task",
            )
    return replace(example, choices=tuple(labels))


def _right(prediction: Prediction) -> int:
    accepted = set(map(normalise, prediction.answers))
    return [normalise(choice) in accepted for choice in prediction.choices].index(True)


def _by_class(prediction: Prediction) -> Floats:
    """`[labels, 2 labels]`: the log-likelihood times w_y, and 1 times b_y, of each label's own."""
    likely = -np.array(prediction.choice_nll)
    return np.hstack([np.diag(likely), np.eye(len(likely))])


def _numbers(prediction: Prediction, priors: Mapping[str, float]) -> Floats:
    """`[candidates, 3]`: log-likelihood, prior and number of tokens of each candidate."""
    prior = [priors[normalise(choice)] for choice in prediction.choices]
    likely, tokens = -np.array(prediction.choice_nll), np.array(prediction.choice_tokens)
    return np.column_stack([likely, np.array(prior), tokens.astype(float)])


def _priors(base: Base, instruction: str, texts: Sequence[str]) -> dict[str, float]:
    """Normalised text -> its log-likelihood behind the instruction and no content."""
    parts = [tuple(texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
    rows = [Example(f"prior {i}", NO_CONTENT, part[:1], part) for i, part in enumerate(parts)]
    found = predict(base, instruction, rows, 0, what="calibrated: candidates without a question")
    return {
        normalise(text): -nll
        for row in found
        for text, nll in zip(row.choices, row.choice_nll, strict=True)
    }


def _corrected(prediction: Prediction, example: Example, logs: Floats) -> Prediction:
    """The prediction of the example's own choices, with their corrected log-probabilities."""
    place = {normalise(choice): i for i, choice in enumerate(prediction.choices)}
    own = [place[normalise(choice)] for choice in example.choices]
    return replace(
        prediction,
        choices=example.choices,
        choice_nll=tuple(-float(logs[i]) for i in own),
        choice_tokens=tuple(prediction.choice_tokens[i] for i in own),
    )
