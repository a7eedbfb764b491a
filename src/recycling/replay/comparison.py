"""Published methods over tasks: means and paired differences, tasks resampled."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recycling.ground.tables import columns
from recycling.plan.study.replay import Column, MethodContrast
from recycling.statistics import bootstrap, estimates


def means(
    by_task: Mapping[str, pd.Series],
    methods: Mapping[str, Column],
    draws: int,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Rows of the table `methods`: the mean of each over the tasks that it has."""
    rows = []
    for name, scores in by_task.items():
        found = _over_tasks(scores.to_numpy(float), draws, generator)
        rows.append(
            {
                "method": name,
                "tasks": len(scores),
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "level": estimates.LEVEL,
                "expected": methods[name].expected,
                "published": methods[name].published,
            }
        )
    return pd.DataFrame(rows, columns=list(columns("methods")))


def differences(
    by_task: Mapping[str, pd.Series],
    pairs: Sequence[MethodContrast],
    draws: int,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Rows of the table `method_contrasts`: method minus reference on the tasks of both.

    Holm's correction runs over all pairs.
    """
    found = []
    for pair in pairs:
        both = (by_task[pair.method] - by_task[pair.reference]).dropna().to_numpy(float)
        found.append((pair, both, _over_tasks(both, draws, generator)))
    adjusted = estimates.holm([estimate.p for _, _, estimate in found])
    rows = [
        {
            "method": pair.method,
            "reference": pair.reference,
            "tasks": len(both),
            "wins": int((both > 0).sum()),
            "losses": int((both < 0).sum()),
            "difference": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "level": estimates.LEVEL,
            "p": estimate.p,
            "p_holm": p_holm,
            "expected": pair.expected,
        }
        for (pair, both, estimate), p_holm in zip(found, adjusted, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(columns("method_contrasts")))


def _over_tasks(
    scores: np.ndarray[Any, np.dtype[np.float64]], draws: int, generator: np.random.Generator
) -> estimates.Estimate:
    drawn = scores[generator.integers(len(scores), size=(draws, len(scores)))].mean(axis=1)
    return bootstrap.estimate(float(scores.mean()), drawn)
