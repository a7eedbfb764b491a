"""The tables of reliability: how far each arm's stated probabilities are off, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from recycling.ground.tables import columns
from recycling.statistics import Array, metrics, reliability
from recycling.statistics.answers import Answers, collect
from recycling.statistics.estimates import LEVEL, Estimate
from recycling.statistics.inference import ANYTHING, Tasks
from recycling.verdict.pairings import Arms, role
from recycling.verdict.summary import scopes

# What is read of each prediction, and whether it is 0 or 1.
READ = {"confidence": False, "right": True, "brier": False}
# The arms that others are compared with, by what they are.
BEFORE = ("base", "fresh")
Scores = list[list[Array]]


def stated(predictions: pd.DataFrame, thing: str) -> pd.DataFrame:
    """`example`, `confidence`, `right` and `brier` of each row of a prediction file of one arm.

    Raises InputError, naming `thing`, for rows that cannot be scored.
    """
    rows = []
    for one in metrics.read(predictions, thing):
        found = reliability.stated(one.choice_nll, metrics.accepted(one).index(True))
        rows.append({"example": one.example, **{name: getattr(found, name) for name in READ}})
    return pd.DataFrame(rows)


def answered(
    predictions: Mapping[tuple[str, str], pd.DataFrame], arms: Sequence[str], tasks_are: Tasks
) -> Answers:
    """What these arms state, from the prediction file of each task and replicate.

    Raises InputError for rows that cannot be scored and when an arm lacks an example.
    """
    read = [
        stated(rows, f"predictions of {task}, replicate {replicate}, arm {arm}").assign(
            arm=arm, task=task, replicate=replicate
        )
        for (task, replicate), of_unit in predictions.items()
        for arm, rows in of_unit.groupby("arm", sort=False)
        if arm in arms
    ]
    return collect(pd.concat(read, ignore_index=True), list(arms), READ, tasks_are)


def errors(answers: Answers, arms: Arms) -> pd.DataFrame:
    """Rows of `reliability.tsv`: what each arm states, and how far that is off.

    Beside each arm its differences to the base and to the fresh LoRA, on the same rows.
    """
    before = [name for name, arm in arms.items() if role(arm) in BEFORE]
    rows = []
    for task, part in scopes(answers).items():
        squared = {arm: _squared_error(part, arm) for arm in arms}
        for arm in arms:
            found = {("", name): one for name, one in _own(part, arm, squared[arm]).items()}
            for other in (name for name in before if name != arm):
                apart = _apart(squared[arm], squared[other])
                found[other, "brier"] = part.difference(arm, other, "brier")
                found[other, "squared_calibration_error"] = part.estimate(apart, ANYTHING)
            rows += [
                {
                    "arm": arm,
                    "reference": other,
                    "task": task,
                    "quantity": quantity,
                    "n": part.n,
                    "replicates": part.replicates,
                    "value": one.value,
                    "low": one.low,
                    "high": one.high,
                    "level": one.level,
                    "basis": one.basis,
                }
                for (other, quantity), one in found.items()
            ]
    return pd.DataFrame(rows, columns=list(columns("reliability")))


def _own(part: Answers, arm: str, squared: Scores) -> dict[str, Estimate]:
    """What is told of an arm alone."""
    gaps = _apart(part.of_arm(arm, "confidence"), part.of_arm(arm, "right"))
    error = part.estimate(squared, ANYTHING)
    return {
        **{name: part.mean(arm, name) for name in READ},
        "overconfidence": part.estimate(gaps, ANYTHING),
        "calibration_error": replace(
            error, value=_root(error.value), low=_root(error.low), high=_root(error.high)
        ),
    }


def _root(squared: float) -> float:
    """The root of an estimate without bias, which chance may put below 0: then it is 0."""
    # What is not known stays so.
    return float(np.sqrt(np.clip(squared, 0, None)))


def _squared_error(part: Answers, arm: str) -> Scores:
    both = zip(part.of_arm(arm, "confidence"), part.of_arm(arm, "right"), strict=True)
    return [list(map(reliability.squared_error, *runs)) for runs in both]


def _apart(first: Scores, second: Scores) -> Scores:
    """First minus second, answer by answer."""
    return [
        [one - other for one, other in zip(*runs, strict=True)]
        for runs in zip(first, second, strict=True)
    ]


def curves(answers: Answers) -> pd.DataFrame:
    """Rows of `reliability_curve.tsv`: share of right answers by confidence, over all answers."""
    rows = [point for arm in answers.arms for point in _curve(answers, arm)]
    return pd.DataFrame(rows, columns=list(columns("reliability_curve")))


def _curve(answers: Answers, arm: str) -> list[dict[str, object]]:
    """The points of one arm. Its answers of all tasks and runs together are dealt to bins.

    Every task, and every run of it, has the same weight. The share of a bin is a ratio of two
    means, so its interval is that of its linear part (Cochran, Sampling Techniques, 1977, section
    6.3), and never narrower than that of Clopper and Pearson for independent answers.
    """
    runs = [run for of_task in answers.of_arm(arm, "right") for run in of_task]
    right = np.concatenate(runs)
    confidence = np.concatenate(
        [run for of_task in answers.of_arm(arm, "confidence") for run in of_task]
    )
    weight = np.concatenate([np.full(len(run), 1 / len(run) / len(runs)) for run in runs])
    ends = np.cumsum([len(run) for run in runs])[:-1]
    place = reliability.bins(confidence)
    rows: list[dict[str, object]] = []
    for number in range(place.max() + 1):
        here = place == number
        mass = weight[here].sum()
        share = float((weight * right)[here].sum() / mass)
        linear = iter(np.split(share + here * (right - share) / mass, ends))
        parts = [[next(linear) for _ in of_task] for of_task in answers.rows.values()]
        found = answers.estimate(parts, ANYTHING)
        exact = binomtest(int(right[here].sum()), int(here.sum())).proportion_ci(LEVEL)
        rows.append(
            {
                "arm": arm,
                "bin": number,
                "n": int(here.sum()),
                "replicates": answers.replicates,
                "confidence": float((weight * confidence)[here].sum() / mass),
                "right": share,
                "low": max(0.0, float(np.fmin(found.low, exact.low))),
                "high": min(1.0, float(np.fmax(found.high, exact.high))),
                "level": LEVEL,
            }
        )
    return rows
