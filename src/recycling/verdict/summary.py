"""The tables of a finished study: means, contrasts and costs."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby

import pandas as pd

from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.ground.tables import columns
from recycling.plan.study.merging import Statistics
from recycling.statistics import bootstrap, estimates
from recycling.statistics.metrics import METRICS
from recycling.verdict.contrasts import Arms, Contrast, planned

ALL = "all"


def resample(
    examples: pd.DataFrame,
    arms: list[str],
    *,
    draws: int,
    level: float,
    tasks_random: bool,
    seed: int,
) -> dict[str, bootstrap.Resamples]:
    """Task -> resamples, and `all` -> those of the mean over tasks, first.

    `examples` has the columns arm, task, replicate, example and one per metric. The stream of a
    task depends on its name alone. Raises InputError when an arm lacks an example.
    """
    bootstrap.check_design(examples, arms)
    by_task = {}
    for task, rows in examples.groupby("task", sort=False):
        generator = seeds.numpy_generator(seed, "bootstrap", str(task))
        by_task[str(task)] = bootstrap.resample_task(
            rows, arms, list(METRICS), draws, level, generator
        )
    generator = seeds.numpy_generator(seed, "bootstrap over tasks")
    overall = bootstrap.combine_tasks(list(by_task.values()), tasks_random, generator)
    return {ALL: overall, **by_task}


def compared(
    examples: pd.DataFrame, arms: list[str], targets: list[str], statistics: Statistics, seed: int
) -> dict[str, bootstrap.Resamples]:
    """The resamples of some arms on some targets of a study, as its statistics ask for them."""
    return resample(
        examples[examples["arm"].isin(arms) & examples["task"].isin(targets)],
        arms,
        draws=statistics.resamples,
        level=estimates.LEVEL,
        tasks_random=statistics.tasks == "random",
        seed=seed,
    )


def means(resamples: dict[str, bootstrap.Resamples]) -> pd.DataFrame:
    """Rows of `summary.tsv`: mean and interval of each metric, arm and task."""
    rows = []
    for task, resampled in resamples.items():
        for arm in resampled.arms:
            for metric, about in METRICS.items():
                found = resampled.mean(arm, metric, about.share)
                rows.append(
                    {
                        "arm": arm,
                        "task": task,
                        "metric": metric,
                        "n": resampled.n,
                        "replicates": resampled.replicates,
                        "mean": found.value,
                        "low": found.low,
                        "high": found.high,
                        "level": resampled.level,
                    }
                )
    return pd.DataFrame(rows)


def contrasts(resamples: dict[str, bootstrap.Resamples], arms: Arms, margin: float) -> pd.DataFrame:
    """Rows of `contrasts.tsv`: every planned difference, overall and per task.

    Holm's correction runs over all contrasts of one question and metric: once for the overall
    differences, once for those of all tasks together. A likelihood has no margin.

    Raises InputError when there are too few resamples for a family to show anything.
    """
    rows = []
    for metric, about in METRICS.items():
        for _, family in groupby(planned(arms), key=lambda contrast: contrast.question):
            asked = list(family)
            for tasks in ([ALL], [task for task in resamples if task != ALL]):
                pairs = [(contrast, task) for contrast in asked for task in tasks]
                rows += _family(pairs, metric, resamples, margin if about.share else None)
    return pd.DataFrame(rows, columns=list(columns("contrasts")))


def _family(
    pairs: list[tuple[Contrast, str]],
    metric: str,
    resamples: dict[str, bootstrap.Resamples],
    margin: float | None,
) -> list[dict[str, object]]:
    """Rows of the contrasts that are corrected together."""
    level = resamples[ALL].level
    check_resolution(len(resamples[ALL].draws), len(pairs), level)
    share = METRICS[metric].share
    found = [
        resamples[task].difference(contrast.arm, contrast.reference, metric, share)
        for contrast, task in pairs
    ]
    adjusted = estimates.holm([difference.p for difference in found])
    return [
        {
            "question": contrast.question,
            "arm": contrast.arm,
            "reference": contrast.reference,
            "metric": metric,
            "task": task,
            "n": resamples[task].n,
            "replicates": resamples[task].replicates,
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
            "level": level,
            "p": difference.p,
            "p_holm": p_holm,
            "margin": margin,
            "equivalent": None if margin is None else difference.within(margin),
            "minimum_detectable": difference.minimum_detectable,
            "outcome": estimates.outcome(difference, p_holm, margin),
        }
        for (contrast, task), difference, p_holm in zip(pairs, found, adjusted, strict=True)
    ]


def check_resolution(draws: int, family: int, level: float) -> None:
    """Raise InputError unless a family can show anything.

    The smallest p of a bootstrap is 2/(draws + 1), and Holm multiplies it by the family.
    """
    needed = math.ceil(2 * family / (1 - level))
    if draws < needed:
        raise InputError(
            "config",
            "statistics.resamples",
            draws,
            f"at least {needed} for a family of {family} contrasts at level {level}",
            "raise it; only the tables and figures are made again",
        )


@dataclass(frozen=True)
class Spent:
    """What one job took: `rule` is its work, `arm` empty where all arms share it.

    The seconds of a merge are without the start-up of its process, which other arms share.
    """

    rule: str
    arm: str
    task: str
    replicate: str
    seconds: float = math.nan
    tokens: float = math.nan


def costs(
    paid: Mapping[str, Collection[str]], spent: Sequence[Spent], accuracy: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `cost.tsv`: seconds and tokens per task and replicate, beside the mean accuracy.

    `paid` has, for each arm, the work that its user must pay for. The pool itself was trained by
    others, and predictions are left out because every arm needs them alike.
    """
    jobs = pd.DataFrame(map(asdict, spent), columns=[field.name for field in fields(Spent)])
    overall = accuracy[accuracy["task"] == ALL].pivot(index="arm", columns="metric", values="mean")
    rows = []
    for arm, work in paid.items():
        mine = jobs[jobs["rule"].isin(work) & jobs["arm"].isin(["", arm])]
        runs = mine.groupby(["task", "replicate"])[["seconds", "tokens"]].sum(min_count=1)
        spent_on = runs.mean() if work else {"seconds": 0.0, "tokens": 0.0}
        rows.append(
            {
                "arm": arm,
                "seconds": spent_on["seconds"],
                "tokens": spent_on["tokens"],
                "exact_match": overall.loc[arm, "exact_match"],
                "choice_accuracy": overall.loc[arm, "choice_accuracy"],
            }
        )
    return pd.DataFrame(rows)


def training(curve: pd.DataFrame, arm: str, task: str, replicate: str) -> list[dict[str, object]]:
    """The row of `training.tsv` of a table `curve`: which step validation kept, and what it gained.

    None for a merge that trains nothing. Losses are those on the validation rows, per answer token.
    """
    if curve.empty:
        return []
    kept = curve[curve["kept"]].iloc[0]
    return [
        {
            "arm": arm,
            "task": task,
            "replicate": replicate,
            "steps": curve["step"].max(),
            "kept_step": kept["step"],
            "start_loss": curve["valid_loss"].iloc[0],
            "kept_loss": kept["valid_loss"],
        }
    ]
