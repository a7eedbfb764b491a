"""The verdict: the answers of a study in sentences, with the numbers they rest on.

It is made from tables alone. Which arms are compared, and which comparisons decide, was fixed
before any result was seen; each sentence follows from the outcomes in `contrasts.tsv`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from recycling.output import intervals, markdown
from recycling.output.counts import counted
from recycling.statistics.metrics import METRICS
from recycling.verdict import open_questions, results, scope
from recycling.verdict.answers import ADJECTIVES, SENTENCES
from recycling.verdict.conclusions import advice, answer, deciding, knowledge, sentence
from recycling.verdict.contrasts import QUESTIONS
from recycling.verdict.summary import ALL, kept_starts

BOUNDS = ["difference", "low", "high"]
# Lines about the rows of tasks.
MOST_TASKS = 6


@dataclass(frozen=True)
class About:
    """What the verdict must know of a study beside its tables.

    `tasks_are` says what the intervals speak of, `resampled` whether each run draws its own
    labelled rows, `primary_named` whether the study file names what decides. `folds` is how many
    parts the rows of a replicate are dealt to, 1 without; `bare` has the arm that an arm of twins
    would be without them (`contrasts.without_adapters`); `rows` says of each task what became of
    its rows, empty where it is what was asked for.
    """

    study: str
    tasks_are: Literal["fixed", "random"]
    resampled: bool
    primary_named: bool
    folds: int = 1
    bare: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tables:
    """The tables of a finished study."""

    summary: pd.DataFrame
    contrasts: pd.DataFrame
    design: pd.DataFrame
    cost: pd.DataFrame
    training: pd.DataFrame


def write(tables: Tables, about: About) -> str:
    """The verdict as Markdown."""
    contrasts, summary = tables.contrasts, tables.summary
    exact, choice = (advice(contrasts, metric) for metric in ("exact_match", "choice_accuracy"))
    names = [task for task in summary["task"].unique() if task != ALL]
    parts = [
        f"# Verdict of the study {about.study}",
        f"**Should you recycle this pool or train a fresh LoRA?** {exact}",
        f"**And is it what the adapters know, or would random twins do as well?** {known}"
        if (known := knowledge(contrasts, "exact_match", about.bare))
        else "",
        open_questions.limits(tables.design, about.folds),
        _measured(tables, names, about.primary_named),
        _rows(about.rows),
        "## The evidence",
        *(_evidence(tables, question, about.bare) for question in QUESTIONS),
        _unasked(contrasts),
        "## What a study of this design can show",
        open_questions.table(tables.design),
        "## Without regard to format",
        _format(summary, contrasts),
        f"By choice accuracy, which generates nothing, the answer is: {choice} "
        + knowledge(contrasts, "choice_accuracy", about.bare),
        "## Task by task",
        _by_task(contrasts, names),
        "## Explored",
        _explored(contrasts),
        "## All arms",
        results.table(summary, contrasts, tables.cost),
        _bounds(summary),
        "## How to read this",
        _reading(tables, about),
    ]
    return "\n\n".join(_with_content(parts)) + "\n"


def _with_content(parts: Sequence[str]) -> list[str]:
    """The parts that say something, without headings of nothing."""
    told = [part.strip() for part in parts if part.strip()]
    return [
        part
        for part, after in zip(told, [*told[1:], ""], strict=True)
        if not (part.startswith("## ") and after.startswith("## "))
    ]


def _measured(tables: Tables, names: Sequence[str], primary_named: bool) -> str:
    first = tables.summary.iloc[0]
    over = f"averaged over {len(names)} tasks" if len(names) > 1 else "on one task"
    rows = ""
    if not tables.design.empty:
        rows = f", to {tables.design.iloc[0]['different_rows']} different test rows"
    chosen = (
        "The contrasts that decide are those that the study file names as primary."
        if primary_named
        else "The study file names no primary contrasts, so of each question the first arm of the "
        "file that can answer it decides."
    )
    return (
        f"This is decided by exact match, {over} ({', '.join(names)}): n = {first['n']} answers "
        f"per arm from {counted(first['replicates'], 'trained run')}{rows}. Differences are "
        f"paired, brackets are {first['level']:.0%} intervals. {chosen}"
    )


def _rows(told: Mapping[str, str]) -> str:
    """What became of the rows of each task, but for those that were used as asked."""
    lines = [f"`{task}` has {text}" for task, text in told.items() if text]
    if len(lines) == 1:
        return lines[0]
    if len(lines) > MOST_TASKS:
        rest = f"{len(lines) - MOST_TASKS + 1} more tasks have too few rows as well."
        lines = [*lines[: MOST_TASKS - 1], rest]
    return "\n".join(f"- {line}" for line in lines)


def _unasked(contrasts: pd.DataFrame) -> str:
    """A line for each question that no arm asks, with what to add.

    Whether kinship matters is asked by those alone who can name relatives of a target.
    """
    asked = set(contrasts["question"])
    return "\n".join(
        f"- {sentence(contrasts, question, 'exact_match')}"
        for question, answers in SENTENCES.items()
        if question not in asked and answers["unasked"]
    )


def _evidence(tables: Tables, question: str, bare: Mapping[str, str]) -> str:
    rows = deciding(tables.contrasts, question, "exact_match")
    if rows.empty:
        return ""
    design = tables.design[tables.design["metric"] == "exact_match"]
    design = design.set_index(["arm", "reference"])
    # Without sentences it is asked where the study file names such a contrast as primary.
    said = (
        answer(tables.contrasts, question, "exact_match", bare)
        if question in SENTENCES
        else QUESTIONS[question].text
    )
    lines = [f"{said} The arms differ in {QUESTIONS[question].pairing.wording}.", ""]
    for row in rows.itertuples():
        found = intervals.difference(row.difference, row.low, row.high)
        sentences = [
            f"- `{row.arm}` - `{row.reference}`: {found}, "
            f"n = {row.n}, p = {row.p_holm:.2g} (Holm): {ADJECTIVES[row.outcome]}.",
            open_questions.why_open(row, design.loc[(row.arm, row.reference)]),
            _unmoved(tables.training, row.arm),
        ]
        lines.append(" ".join(sentence for sentence in sentences if sentence))
    return "\n".join(lines)


def _unmoved(training: pd.DataFrame, arm: str) -> str:
    """In how many runs training did not lower the validation loss: such an arm is its own start."""
    kept, runs = kept_starts(training).get(arm, (0, 0))
    return f"Validation kept the start in {kept} of {runs} runs." if kept else ""


def _explored(contrasts: pd.DataFrame) -> str:
    """The differences that decide nothing, by both metrics."""
    overall = contrasts[(contrasts["task"] == ALL) & (contrasts["family"] == "exploratory")]
    found = overall.set_index(["metric", "question", "arm", "reference"])
    exact = overall[overall["metric"] == "exact_match"]
    lines = [
        [
            f"`{row.arm}` - `{row.reference}`",
            QUESTIONS[row.question].pairing.wording,
            *(
                intervals.difference(
                    *found.loc[(metric, row.question, row.arm, row.reference), BOUNDS]
                )
                for metric in ("exact_match", "choice_accuracy")
            ),
        ]
        for row in exact.itertuples()
    ]
    heads = ["difference", "arms differ in", "exact match", "choice accuracy"]
    return markdown.table(heads, lines) if lines else ""


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
    """A row per task: the differences of the primary contrasts, each over its own runs alone."""
    if len(names) < 2:
        return ""
    exact = contrasts[contrasts["metric"] == "exact_match"]
    primary = exact[(exact["family"] == "primary") & (exact["task"] == ALL)]
    found = exact.set_index(["task", "question", "arm", "reference"])
    pairs = [(row.question, row.arm, row.reference) for row in primary.itertuples()]
    if not pairs:
        return ""
    lines = [
        [
            task,
            *(intervals.difference(*found.loc[(task, *pair), BOUNDS]) for pair in pairs),
        ]
        for task in names
    ]
    heads = [f"`{arm}` - `{reference}`" for _, arm, reference in pairs]
    return markdown.table(["task", *heads], lines)


def _reading(tables: Tables, about: About) -> str:
    of = scope.told(tables.summary, about.resampled, about.folds)
    margin = tables.contrasts["margin"].dropna()
    equal = f"Equal: the whole interval lies inside +-{margin.iloc[0]:g}. " if len(margin) else ""
    return (
        f"{of} Better or worse: p, corrected by Holm over the primary contrasts, is small "
        f"enough. {equal}Undecided: neither. What is explored has intervals and no test. Seconds "
        "are those of selecting, training and merging for one task. docs/statistics.md says what "
        "is assumed."
    )
