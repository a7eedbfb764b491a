"""The table `design`: what a study can show of each planned difference, and what decides it."""

import numpy as np
import pandas as pd

from recycling.ground import seeds
from recycling.ground.tables import columns
from recycling.plan.study.merging import Statistics
from recycling.statistics import design, simulation
from recycling.statistics.answers import Answers
from recycling.verdict.contrasts import Contrast, planned, primary
from recycling.verdict.pairings import Arms
from recycling.verdict.summary import SHARES


def designs(answers: Answers, arms: Arms, statistics: Statistics, seed: int) -> pd.DataFrame:
    """Rows of `design.tsv`, over all tasks.

    Coverage and chances are those of made-up studies with the variances of this one; with one run
    and fixed tasks nothing is known of them. Which numbers of replicates and of rows would decide
    takes the difference that was seen to be the true one.
    """
    decisive = primary(arms, statistics.primary)
    tasks = len(answers.tasks)
    length = design.list_rows(list(answers.rows.values()), answers.folds)
    rows = []
    for metric in (name for name, share in SHARES.items() if share):
        for contrast in planned(arms):
            found = answers.difference(contrast.arm, contrast.reference, metric)
            moments = answers.moments(contrast.arm, contrast.reference, metric)
            outlook = design.outlook(
                moments, answers.tasks_are, statistics.margin, max(1, len(decisive)), length
            )
            coverage, equality = None, None
            if found.basis != "answers":
                generator = _generator(seed, metric, contrast)
                mine = design.own(moments, answers.tasks_are)
                kind, margin = answers.tasks_are, statistics.margin
                coverage = simulation.coverage(mine, 0.0, kind, generator)
                equality = design.shown_equal(mine, kind, margin, generator)
            rows.append(
                {
                    "question": contrast.question,
                    "arm": contrast.arm,
                    "reference": contrast.reference,
                    "family": "primary" if contrast in decisive else "exploratory",
                    "metric": metric,
                    "tasks": tasks,
                    "replicates": answers.replicates // (tasks * answers.folds),
                    "n": answers.n,
                    "different_rows": answers.different_rows,
                    "basis": found.basis,
                    "coverage": coverage,
                    "least_coverage": answers.least_coverage,
                    "minimum_detectable": found.minimum_detectable,
                    "margin": statistics.margin,
                    "shows_equality": equality,
                    "replicates_to_decide": outlook.replicates,
                    "rows_to_decide": outlook.rows,
                }
            )
    return pd.DataFrame(rows, columns=list(columns("design")))


def _generator(seed: int, metric: str, contrast: Contrast) -> np.random.Generator:
    return seeds.numpy_generator(seed, "design", metric, contrast.arm, contrast.reference)
