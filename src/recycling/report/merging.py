"""The report of a merging study."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from recycling.ground import tables
from recycling.output import intervals
from recycling.report import analyses, answers, arms, cells, made, pool, questions, text
from recycling.report.page import Answer, Figure, Report, Section, picture
from recycling.verdict import conclusions
from recycling.verdict.answers import ADJECTIVES
from recycling.verdict.contrasts import records, without_adapters

QUESTION = "Should you recycle this pool of adapters, or train a fresh LoRA?"
TABLES = ("summary", "contrasts", "design", "cost", "reliability", "variance")


def report(files: Mapping[str, Sequence[str]], about: Mapping[str, Any]) -> Report:
    """The report from the files of a finished study; `about` is made by `plan.work.report`."""
    read = {name: tables.read_table(files[name][0], name) for name in TABLES}
    recipes = records(about["arms"])
    bare = without_adapters(recipes)
    figures = {
        name: Figure(name, svg, caption)
        for (name, caption), svg in zip(about["figures"], files["figures"], strict=True)
    }
    exact = Markup("{}{}").format(
        questions.one_by_one(read["contrasts"], bare),
        _experiments(files.get("experiments", []), figures),
    )
    browser, data = answers.section(files, about)
    results = arms.table(recipes, read["summary"], read["contrasts"], read["cost"])
    sections = [
        Section(
            "change",
            "What would change it",
            questions.change(read["contrasts"], read["design"], about["folds"]),
        ),
        Section("differences", "The main figure", picture(figures["differences"])),
        Section("arms", "The arms", results + _accuracy(figures)),
        Section("questions", "Question by question", exact),
        analyses.reliability(read["reliability"], figures["reliability"]),
        analyses.variance(read["variance"], figures["variance"]),
        analyses.optimism(files["optimism"], figures.get("optimism")),
        analyses.transfer(files["transfer"], figures.get("transfer")),
        browser,
        pool.section(files["accepted"][0], files["rejected"][0], figures["attrition"]),
        *_relatives(figures),
        Section("cost", "Cost", picture(figures["cost"]) + _cost(read["cost"])),
        Section("training", "Training", _training(figures)),
        made.section(files["record"][0]),
    ]
    answer = _answer(read["contrasts"], bare)
    return Report(about["study"], answer, sections, {"answers-data": data})


def _relatives(figures: Mapping[str, Figure]) -> list[Section]:
    """Who finds the relatives of the targets, where the study knows any."""
    drawn = figures.get("relatives")
    return [Section("relatives", "Relatives of the targets", picture(drawn))] if drawn else []


def _answer(contrasts: pd.DataFrame, bare: Mapping[str, str]) -> Answer:
    """What to do in one sentence, with the differences that say so."""
    asked = [
        conclusions.deciding(contrasts, question, "exact_match")
        for question in ("instead", "together")
    ]
    rows = pd.concat(asked)
    if (rows["outcome"] == "more").any():
        rows = rows[rows["outcome"] == "more"]
    seen = [
        f"`{row.arm}` minus `{row.reference}` is "
        f"{intervals.difference(row.difference, row.low, row.high)} ({ADJECTIVES[row.outcome]})"
        for row in rows.itertuples()
    ]
    said = conclusions.advice(contrasts, "exact_match")
    if seen:
        first, _, rest = said.removesuffix(".").partition(". ")
        said = f"{first}: in shares of right answers, {' and '.join(seen)}."
        said += f" {rest}." if rest else ""
    known = conclusions.knowledge(contrasts, "exact_match", bare)
    return Answer(QUESTION, text.html(f"{said}\n\n{known}"))


def _experiments(files: Sequence[str], figures: Mapping[str, Figure]) -> Markup:
    """The experiments as `experiments.md` words them, each with its figure."""
    made_of = []
    for file in files:
        with open(file) as stream:  # noqa: PTH123
            parts = text.split(stream.read())[1:]
        drawn = [figure for name, figure in figures.items() if figure.caption is None]
        for (title, words), figure in zip(parts, drawn, strict=True):
            made_of.append(text.html(f"### {title}\n\n") + picture(figure) + text.html(words))
    return Markup().join(made_of)


def _cost(cost: pd.DataFrame) -> Markup:
    rows = [
        [
            cells.name(row.arm),
            cells.number(row.seconds, "{:.1f}"),
            cells.number(row.tokens, "{:.0f}"),
            cells.number(row.exact_match, "{:.2f}"),
        ]
        for row in cost.itertuples()
    ]
    note = "Seconds and tokens are those of selecting, training and merging for one task."
    return cells.table(["arm", "seconds", "tokens read", "exact match"], rows, note)


def _accuracy(figures: Mapping[str, Figure]) -> Markup:
    return picture(figures["accuracy"]) + picture(figures["accuracy_by_task"])


def _training(figures: Mapping[str, Figure]) -> Markup:
    shown = [figures[name] for name in ("curves", "coefficients", "weights") if name in figures]
    return Markup().join(picture(figure) for figure in shown)
