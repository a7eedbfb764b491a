"""The tables of a finished study: means, contrasts and costs."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import pandas as pd

from recycling.ground.tables import columns
from recycling.plan.study.merging import Statistics
from recycling.statistics import estimates
from recycling.statistics.answers import Answers, collect
from recycling.statistics.metrics import METRICS
from recycling.verdict.contrasts import Contrast, planned, primary
from recycling.verdict.pairings import Arms

ALL = "all"
SHARES = {name: metric.share for name, metric in METRICS.items()}


def answered(
    examples: pd.DataFrame, arms: list[str], targets: list[str], statistics: Statistics
) -> Answers:
    """The answers of some arms on some targets of a study.

    `examples` has the columns arm, task, replicate, example and one per metric. Raises InputError
    when an arm lacks an example.
    """
    chosen = examples[examples["arm"].isin(arms) & examples["task"].isin(targets)]
    return collect(chosen, arms, SHARES, statistics.tasks)


def scopes(answers: Answers) -> dict[str, Answers]:
    """`all` -> the answers, then each task -> those of it alone."""
    return {ALL: answers, **{task: answers.only([task]) for task in answers.tasks}}


def means(answers: Answers) -> pd.DataFrame:
    """Rows of `summary.tsv`: mean and interval of each metric, arm and task."""
    rows = []
    for task, part in scopes(answers).items():
        for arm in part.arms:
            for metric in METRICS:
                found = part.mean(arm, metric)
                rows.append(
                    {
                        "arm": arm,
                        "task": task,
                        "metric": metric,
                        "n": part.n,
                        "replicates": part.replicates,
                        "mean": found.value,
                        "low": found.low,
                        "high": found.high,
                        "level": found.level,
                        "basis": found.basis,
                    }
                )
    return pd.DataFrame(rows)


def contrasts(answers: Answers, arms: Arms, statistics: Statistics) -> pd.DataFrame:
    """Rows of `contrasts.tsv`: every planned difference, overall and per task.

    The primary ones over all tasks have an outcome, with Holm's correction over them, for each
    metric apart. All others are explored. A likelihood has no margin.
    """
    decisive = primary(arms, statistics.primary)
    parts = scopes(answers)
    rows = []
    for metric in METRICS:
        adjusted = _holm(answers, decisive, metric)
        for contrast in planned(arms):
            for task, part in parts.items():
                p_holm = adjusted.get(contrast) if task == ALL else None
                rows.append(_row(contrast, task, part, metric, statistics.margin, p_holm))
    return pd.DataFrame(rows, columns=list(columns("contrasts")))


def _holm(answers: Answers, decisive: list[Contrast], metric: str) -> dict[Contrast, float]:
    p_values = [answers.difference(one.arm, one.reference, metric).p for one in decisive]
    return dict(zip(decisive, estimates.holm(p_values), strict=True))


def _row(
    contrast: Contrast,
    task: str,
    part: Answers,
    metric: str,
    margin: float,
    p_holm: float | None,
) -> dict[str, object]:
    found = part.difference(contrast.arm, contrast.reference, metric)
    equal_within = margin if METRICS[metric].share else None
    outcome = None if p_holm is None else part.outcome(found, p_holm, equal_within)
    return {
        "question": contrast.question,
        "arm": contrast.arm,
        "reference": contrast.reference,
        "family": "exploratory" if p_holm is None else "primary",
        "metric": metric,
        "task": task,
        "n": part.n,
        "replicates": part.replicates,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "basis": found.basis,
        "df": found.df,
        "p": found.p,
        "p_holm": p_holm,
        "margin": equal_within,
        "minimum_detectable": found.minimum_detectable,
        "outcome": outcome,
    }


@dataclass(frozen=True)
class Spent:
    """What one job took: `rule` is its work, `arm` empty where all arms share it.

    The seconds are without the start of its process, which may work for several arms.
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


def kept_starts(training: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Arm -> in how many of its runs validation kept no step of its training, and all its runs.

    In such a run the arm is its own start. `training` is a table `training`; arms without such a
    run are left out.
    """
    runs = (training["kept_step"] == 0).groupby(training["arm"]).agg(["sum", "size"])
    return {str(arm): (int(kept), int(of)) for arm, kept, of in runs.itertuples() if kept}


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
