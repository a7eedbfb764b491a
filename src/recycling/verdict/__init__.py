"""Scores, statistics, figures and the verdict, from stored predictions; no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureRow:
    """A figure of the main comparison, and where Snakemake's report lists it."""

    entry: str
    """The function that draws it, as `package.module:name`."""
    category: str
    label: str


# A function takes its tables and settings as keyword arguments and returns a drawn figure. An
# argument is the table of that name, or what `plan.work.shown` says. To add a figure, write the
# function and add a line here.
FIGURES = {
    "attrition": FigureRow(
        "recycling.verdict.pool_figures:attrition", "Pool", "attrition by reason"
    ),
    "accuracy": FigureRow(
        "recycling.verdict.result_figures:accuracy", "Results", "accuracy by arm"
    ),
    "accuracy_by_task": FigureRow(
        "recycling.verdict.result_figures:accuracy_by_task", "Results", "accuracy by arm and task"
    ),
    "differences": FigureRow(
        "recycling.verdict.result_figures:differences", "Results", "recycled minus fresh"
    ),
    "cost": FigureRow("recycling.verdict.cost_figure:cost", "Results", "cost against accuracy"),
    "coefficients": FigureRow(
        "recycling.verdict.learning_figures:coefficients", "Merging", "learned coefficients"
    ),
    "curves": FigureRow("recycling.verdict.learning_figures:curves", "Merging", "training curves"),
    "reliability": FigureRow(
        "recycling.verdict.reliability_figure:reliability", "Results", "stated confidence"
    ),
    "variance": FigureRow(
        "recycling.verdict.variance_figure:variance", "Results", "where the variance comes from"
    ),
    "optimism": FigureRow(
        "recycling.verdict.optimism_figure:optimism", "Pool", "optimism of the choice"
    ),
    "transfer": FigureRow("recycling.verdict.transfer_figure:transfer", "Pool", "map of transfer"),
    "relatives": FigureRow(
        "recycling.verdict.relatives_figure:relatives", "Pool", "relatives found"
    ),
    "weights": FigureRow(
        "recycling.verdict.weights_figure:weights", "Merging", "who gets the weight"
    ),
}
