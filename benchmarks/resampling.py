"""Bootstrap resamples of nested results: runs within tasks, rows within runs."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.case import OURS, Case, Rival, Run
from benchmarks.inputs import SEED, Inputs
from recycling.ground import seeds
from recycling.statistics import Array
from recycling.statistics.answers import Answers
from recycling.statistics.bootstrap import resample_task

RUNS, ROWS = 5, 30
ARMS = ["fresh", "merged"]
METRIC = "exact_match"


def cases(inputs: Inputs) -> Iterator[Case]:
    """Means of two arms in all resamples, against rows gathered by index."""
    tasks, draws = inputs.sizes.tasks, inputs.sizes.draws
    rivals = {
        OURS: Rival(partial(_ours, tasks, draws)),
        "rows gathered by index": Rival(partial(_gathered, tasks, draws)),
    }
    work = f"{draws:,} resamples of {tasks} tasks x {RUNS} runs x {ROWS} rows"
    # Two standard errors from so many draws each differ by about 1/sqrt(draws).
    yield Case(work, rivals, _difference, 6 / draws**0.5)


def _ours(tasks: int, draws: int) -> Run:
    scores = {
        str(task): [run[:, :, None] for run in runs] for task, runs in enumerate(_scores(tasks))
    }
    rows = {task: [np.arange(ROWS)] * RUNS for task in scores}
    answers = Answers(ARMS, [METRIC], frozenset([METRIC]), scores, rows, "fixed")

    def run() -> Array:
        generator = seeds.numpy_generator(SEED, "ours")
        drawn = [resample_task(answers, task, draws, generator).draws for task in scores]
        means: Array = np.mean(drawn, axis=0)[:, :, 0]
        return means

    return run


def _gathered(tasks: int, draws: int) -> Run:
    scores = _scores(tasks)

    def run() -> Array:
        generator = seeds.numpy_generator(SEED, "theirs")
        total = np.zeros((draws, len(ARMS)))
        for cells in scores:
            runs = generator.integers(RUNS, size=(draws, RUNS, 1))
            rows = generator.integers(ROWS, size=(draws, RUNS, ROWS))
            for arm in range(len(ARMS)):
                total[:, arm] += cells[:, :, arm][runs, rows].mean(axis=(1, 2))
        return total / tasks

    return run


def _difference(ours: Array, theirs: Array) -> float:
    """How far apart the standard errors of the two are, as a share of them."""
    one, two = ours.std(axis=0), theirs.std(axis=0)
    return float(np.abs(one / two - 1).max())


def _scores(tasks: int) -> Array:
    """Exact matches `[tasks, runs, rows, arms]`, with runs that differ."""
    generator = seeds.numpy_generator(SEED, "scores")
    rate = generator.uniform(0.2, 0.8, size=(tasks, RUNS, 1, 1))
    found: Array = (generator.random((tasks, RUNS, ROWS, len(ARMS))) < rate).astype(float)
    return found
