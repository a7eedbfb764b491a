"""The table of variance: how much of it is due to tasks, runs, rows and arms."""

import numpy as np
import pandas as pd

from recycling.ground.seeds import numpy_generator
from recycling.ground.tables import columns
from recycling.plan.study.merging import Statistics
from recycling.statistics import Array, components
from recycling.statistics.answers import Answers
from recycling.verdict.contrasts import primary
from recycling.verdict.pairings import Arms

METRICS = ("exact_match", "choice_accuracy")


def table(answers: Answers, arms: Arms, statistics: Statistics, seed: int) -> pd.DataFrame:
    """Rows of `variance.tsv`: of the scores of all arms, then of each difference that decides."""
    pairs = {("", ""): [*arms]}
    for one in primary(arms, statistics.primary):
        pairs[one.arm, one.reference] = [one.arm, one.reference]
    return pd.DataFrame(
        [
            {
                "arm": arm,
                "reference": reference,
                "metric": metric,
                "tasks": len(answers.tasks),
                "replicates": answers.replicates,
                "n": answers.n,
                **vars(found),
            }
            for metric in METRICS
            for (arm, reference), chosen in pairs.items()
            for found in components.shares(
                components.strata(_scores(answers, chosen, metric, apart=bool(reference))),
                statistics.resamples,
                numpy_generator(seed, "variance", metric, arm, reference),
            )
        ],
        columns=list(columns("variance")),
    )


def _scores(answers: Answers, arms: list[str], metric: str, *, apart: bool) -> list[list[Array]]:
    """`[rows, arms]` of each task and run; of two arms that are taken apart `[rows, 1]`."""
    places, m = [answers.arms.index(arm) for arm in arms], answers.metrics.index(metric)
    chosen = [[run[:, places, m] for run in runs] for runs in answers.scores.values()]
    if not apart:
        return chosen
    return [[-np.diff(run, axis=1) for run in runs] for runs in chosen]
