"""The questions of a merging study, one by one: claim, refutation, answer and numbers."""

from collections.abc import Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from recycling.report import cells, text
from recycling.report.cells import Cell
from recycling.report.page import part
from recycling.verdict import conclusions, open_questions
from recycling.verdict.answers import ADJECTIVES, SENTENCES
from recycling.verdict.contrasts import QUESTIONS
from recycling.verdict.summary import ALL

BOUNDS = ["difference", "low", "high"]
# Question -> what is claimed, and what refutes it.
CLAIMS = {
    "instead": (
        "Recycled adapters answer more test rows right than a fresh LoRA that they never met.",
        "the arm is worse than the fresh LoRA, or equal to it within the margin",
    ),
    "together": (
        "A fresh LoRA that is merged with the pool answers more test rows right than alone.",
        "the arm is worse than the fresh LoRA alone, or equal to it within the margin",
    ),
    "control": (
        "What carries nothing that the pool learnt does not beat the fresh LoRA.",
        "the interval of a control lies above zero",
    ),
    "twins_instead": (
        "Without the fresh LoRA it matters what the adapters learnt: they beat random twins.",
        "twins are better, or equal within the margin",
    ),
    "twins_together": (
        "Merged with the fresh LoRA it matters what the adapters learnt: they beat random twins.",
        "twins are better, or equal within the margin",
    ),
    "recalibration": (
        "The pool does more than rescale the fresh LoRA.",
        "the fresh LoRA with learned scales alone is better, or equal within the margin",
    ),
    "selection": (
        "The choice matters: adapters that a selector chose beat adapters chosen at random.",
        "the interval lies below zero, or within the margin",
    ),
    "kin_instead": (
        "A relative of the target in the merge beats an unrelated adapter in its place.",
        "the arm with the relative is worse, or equal within the margin",
    ),
    "kin_together": (
        "Merged with the fresh LoRA, a relative beats an unrelated adapter in its place.",
        "the arm with the relative is worse, or equal within the margin",
    ),
    "gain": (
        "Each arm answers more test rows right than the base model without any adapter.",
        "the interval lies below zero, or within the margin",
    ),
}


def change(contrasts: pd.DataFrame, design: pd.DataFrame, folds: int) -> Markup:
    """What a study of this size can show, and how much more data would decide what is open."""
    found = design.set_index(["question", "arm", "reference", "metric"])
    rows = []
    for row in _primary(contrasts).itertuples():
        size = found.loc[(row.question, row.arm, row.reference, row.metric)]
        decided = row.outcome != "undecided"
        rows.append(
            [
                cells.name(f"{row.arm} - {row.reference}"),
                cells.difference(row.difference, row.low, row.high),
                Cell(ADJECTIVES[row.outcome]),
                cells.number(row.replicates),
                cells.number(row.minimum_detectable, "{:.2g}"),
                cells.number(size["shows_equality"], "{:.0%}"),
                Cell("It is decided." if decided else open_questions.why_open(row, size)),
            ]
        )
    heads = ["difference", "seen", "outcome", "trained runs", "found four times in five"]
    heads += ["true equality is shown in", "what would decide it"]
    return part(
        "change.html",
        limits=text.html(open_questions.limits(design, folds)),
        runs=contrasts["replicates"].max(),
        n=contrasts["n"].max(),
        table=cells.table(heads, rows),
    )


def one_by_one(contrasts: pd.DataFrame, bare: Mapping[str, str]) -> Markup:
    """Every question that arms of the study ask; `bare` as for `conclusions.answer`."""
    asked = [question for question in QUESTIONS if (contrasts["question"] == question).any()]
    return Markup().join(_question(contrasts, question, bare) for question in asked)


def _question(contrasts: pd.DataFrame, question: str, bare: Mapping[str, str]) -> Markup:
    rows = contrasts[contrasts["question"] == question]
    exact = rows[rows["metric"] == "exact_match"]
    margin = exact["margin"].dropna()
    on = cells.scale(exact["low"], exact["high"], margin.iloc[0] if len(margin) else None)
    claim, refuted = CLAIMS[question]
    overall = exact[exact["task"] == ALL]
    decided = (
        question in SENTENCES and not conclusions.deciding(contrasts, question, "exact_match").empty
    )
    return part(
        "question.html",
        title=QUESTIONS[question].text,
        claim=claim,
        turned=QUESTIONS[question].pairing.wording,
        refuted=refuted,
        answer=text.html(conclusions.answer(contrasts, question, "exact_match", bare))
        if decided
        else "",
        numbers=_numbers(overall, _by_pair(rows, "choice_accuracy"), on),
        tasks=_tasks(exact[exact["task"] != ALL], on) if exact["task"].nunique() > 2 else "",
    )


def _numbers(overall: pd.DataFrame, choice: pd.DataFrame, on: cells.Scale) -> Markup:
    rows = []
    for row in overall.itertuples():
        primary = row.family == "primary"
        rows.append(
            [
                cells.name(f"{row.arm} - {row.reference}"),
                Cell("it decides" if primary else "explored"),
                cells.difference(row.difference, row.low, row.high, on=on),
                cells.difference(*choice.loc[(row.arm, row.reference), BOUNDS]),
                cells.number(row.n),
                cells.number(row.p_holm if primary else None, "{:.2g}"),
                Cell(ADJECTIVES[row.outcome] if primary else ""),
            ]
        )
    heads = ["difference", "its part", "exact match", "choice accuracy", "n", "p (Holm)", "outcome"]
    return cells.table(heads, rows)


def _tasks(rows: pd.DataFrame, on: cells.Scale) -> Markup:
    lines = [
        [
            cells.name(f"{row.arm} - {row.reference}"),
            cells.words(row.task),
            cells.difference(row.difference, row.low, row.high, on=on),
            cells.number(row.n),
        ]
        for row in rows.itertuples()
    ]
    return cells.table(["difference", "task", "exact match", "n"], lines)


def _by_pair(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    chosen = rows[(rows["metric"] == metric) & (rows["task"] == ALL)]
    return chosen.set_index(["arm", "reference"])


def _primary(contrasts: pd.DataFrame) -> pd.DataFrame:
    found: Sequence[pd.DataFrame] = [
        conclusions.deciding(contrasts, question, "exact_match") for question in QUESTIONS
    ]
    return pd.concat(found)
