"""The verdict: the answers of a study in sentences, with the numbers they rest on.

It is made from tables alone. Which arms are compared was fixed before any result was seen, and each
sentence follows from the outcomes in `contrasts.tsv`.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from recycling.output import intervals, markdown
from recycling.statistics.metrics import METRICS
from recycling.verdict import results
from recycling.verdict.answers import ADJECTIVES, SENTENCES, decide, headline
from recycling.verdict.summary import ALL


def write(
    summary: pd.DataFrame,
    contrasts: pd.DataFrame,
    cost: pd.DataFrame,
    training: pd.DataFrame,
    study: str,
    tasks_are: Literal["fixed", "random"],
    resampled: bool,
) -> str:
    """The verdict as Markdown. `tasks_are` says what the intervals speak of."""
    first = summary.iloc[0]
    answers = {
        metric: {
            question: decide(_ask(contrasts, question, metric)["outcome"]) for question in SENTENCES
        }
        for metric in ("exact_match", "choice_accuracy")
    }
    exact = answers["exact_match"]
    names = [task for task in summary["task"].unique() if task != ALL]
    parts = [
        f"# Verdict of the study {study}",
        "**Should you recycle this pool or train a fresh LoRA?** "
        + headline(exact["instead"], exact["together"]),
        "**And is it what the adapters know, or would random twins do as well?** "
        + _knowledge(contrasts, "exact_match"),
        f"This is decided by exact match, averaged over {len(names)} tasks ({', '.join(names)}): "
        f"n = {first['n']} answers per arm from {first['replicates']} trained runs. Differences "
        f"are paired, brackets are {first['level']:.0%} intervals.",
        "## The evidence",
        *(_evidence(contrasts, training, question) for question in SENTENCES),
        "## Without regard to format",
        _format(summary, contrasts),
        "By choice accuracy, which generates nothing, the answer is: "
        + headline(answers["choice_accuracy"]["instead"], answers["choice_accuracy"]["together"])
        + " "
        + _knowledge(contrasts, "choice_accuracy"),
        "## Task by task",
        _by_task(contrasts, names),
        "## All arms",
        results.table(summary, contrasts, cost),
        _bounds(summary),
        "## How to read this",
        _reading(contrasts, first["replicates"] // len(names), tasks_are, resampled),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _ask(contrasts: pd.DataFrame, question: str, metric: str, task: str = ALL) -> pd.DataFrame:
    chosen = (contrasts["question"] == question) & (contrasts["metric"] == metric)
    return contrasts[chosen & (contrasts["task"] == task)]


def _sentence(contrasts: pd.DataFrame, question: str, metric: str) -> str:
    rows = _ask(contrasts, question, metric)
    arms = {
        name: " and ".join(f"`{arm}`" for arm in rows.loc[rows["outcome"] == outcome, "arm"])
        for name, outcome in (("best", "more"), ("equal", "equivalent"))
    }
    return SENTENCES[question][decide(rows["outcome"])].format(**arms)


def _knowledge(contrasts: pd.DataFrame, metric: str) -> str:
    questions = ("twins_instead", "twins_together")
    return " ".join(_sentence(contrasts, question, metric) for question in questions)


def _evidence(contrasts: pd.DataFrame, training: pd.DataFrame, question: str) -> str:
    rows = _ask(contrasts, question, "exact_match")
    lines = [_sentence(contrasts, question, "exact_match"), ""]
    for row in rows.itertuples():
        found = intervals.difference(row.difference, row.low, row.high)
        sentences = [
            f"- `{row.arm}` - `{row.reference}`: {found}, "
            f"n = {row.n}, p = {row.p_holm:.2g} (Holm): {ADJECTIVES[row.outcome]}.",
            _open(row),
            _unmoved(training, row.arm),
        ]
        lines.append(" ".join(sentence for sentence in sentences if sentence))
    return "\n".join(lines).rstrip()


def _unmoved(training: pd.DataFrame, arm: str) -> str:
    """In how many runs training did not lower the validation loss: such an arm is its own start."""
    runs = training[training["arm"] == arm]
    unmoved = int((runs["kept_step"] == 0).sum())
    return f"Validation kept the start in {unmoved} of {len(runs)} runs." if unmoved else ""


def _open(row: Any) -> str:
    """Why a contrast is undecided and what would decide it."""
    if row.outcome != "undecided":
        return ""
    crosses = row.low <= 0 <= row.high
    why = "The interval crosses 0" if crosses else "The interval excludes 0, but Holm's p does not"
    # An interval this narrow excludes 0 or lies inside the margin if its centre stays.
    narrow = max(abs(row.difference), row.margin - abs(row.difference))
    factor = max(2, math.ceil(((row.high - row.low) / 2 / narrow) ** 2))
    return (
        f"{why} and it is not inside +-{row.margin:g}. This study finds a difference of "
        f"{row.minimum_detectable:.2g} four times in five; if the one seen is the true one, about "
        f"{factor} times as many replicates decide."
    )


def _format(summary: pd.DataFrame, contrasts: pd.DataFrame) -> str:
    """How much of the base model's failure is format; empty without a bare base among the arms."""
    bare = contrasts.loc[contrasts["question"] == "gain", "reference"]
    base = summary[summary["arm"].isin(bare) & (summary["task"] == ALL)].set_index("metric")
    if base.empty:
        return ""
    shown = ", ".join(
        f"{METRICS[metric].label} {intervals.share(*base.loc[metric, ['mean', 'low', 'high']])}"
        for metric in ("exact_match", "choice_accuracy", "valid_format")
    )
    return (
        f"The base model without any adapter has {shown}. Where it prefers the right candidate but "
        "does not write it as an answer, an adapter gains exact match by format alone."
    )


def _bounds(summary: pd.DataFrame) -> str:
    """What arms that saw the test rows are worth; empty without any."""
    arms = [f"`{arm}`" for arm in summary["arm"].unique() if "oracle" in arm]
    if not arms:
        return ""
    return (
        f"{' and '.join(arms)} chose adapters by their answers to the test rows. That is an upper "
        "bound which no user can reach, so it is compared with no other arm."
    )


def _by_task(contrasts: pd.DataFrame, names: Sequence[str]) -> str:
    """A row per task: the answer to each question, and the largest difference behind it."""
    questions = {
        "instead": "recycled against fresh",
        "together": "recycled with fresh against fresh",
        "twins_instead": "recycled against twins",
        "twins_together": "recycled with fresh against twins with fresh",
    }
    lines = []
    for task in names:
        cells = []
        for question in questions:
            rows = _ask(contrasts, question, "exact_match", task)
            cell = ADJECTIVES[decide(rows["outcome"])]
            if not rows.empty:
                top = rows.loc[rows["difference"].idxmax()]
                largest = intervals.difference(top["difference"], top["low"], top["high"])
                cell += f"; largest: `{top['arm']}` {largest}"
            cells.append(cell)
        lines.append([task, *cells])
    return markdown.table(["task", *questions.values()], lines)


def _reading(contrasts: pd.DataFrame, replicates: int, tasks_are: str, resampled: bool) -> str:
    labelled = "other" if resampled else "the same"
    scope = {
        "fixed": "Replicates and examples were resampled, tasks were not: the intervals speak of "
        f"these tasks, with {labelled} labelled examples and other test items.",
        "random": "Tasks, replicates and examples were resampled: the intervals speak of further "
        f"tasks like these, with {labelled} labelled examples in each run.",
    }[tasks_are]
    margin = contrasts["margin"].dropna()
    equal = (
        f"Equal: the whole interval lies inside +-{margin.iloc[0]:g}, the margin of the "
        "configuration. "
        if len(margin)
        else ""
    )
    between = (
        f"With {replicates} runs per task the intervals hold {replicates - 1}/{replicates} of the "
        "variance between runs, so they are too narrow where runs differ much."
        if replicates > 1
        else "With one run per task the intervals say nothing of how runs differ."
    )
    return (
        f"{scope} {between} Better or worse: the paired bootstrap's p, corrected by Holm over all "
        f"contrasts that ask the same question, is small enough. {equal}Undecided: neither. "
        "Seconds are those of selecting, training and merging for one task."
    )
