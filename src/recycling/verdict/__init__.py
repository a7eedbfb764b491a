"""Scores, statistics, figures and the verdict, from stored predictions; no torch."""

# An entry point takes its tables and settings as keyword arguments and returns a drawn figure. To
# add a figure, write the function, add a line here and a rule that names its inputs.
FIGURES = {
    "attrition": "recycling.verdict.pool_figures:attrition",
    "accuracy": "recycling.verdict.result_figures:accuracy",
    "accuracy_by_task": "recycling.verdict.result_figures:accuracy_by_task",
    "differences": "recycling.verdict.result_figures:differences",
    "cost": "recycling.verdict.cost_figure:cost",
    "coefficients": "recycling.verdict.learning_figures:coefficients",
    "curves": "recycling.verdict.learning_figures:curves",
    "reliability": "recycling.verdict.reliability_figure:reliability",
    "variance": "recycling.verdict.variance_figure:variance",
    "optimism": "recycling.verdict.optimism_figure:optimism",
    "transfer": "recycling.verdict.transfer_figure:transfer",
    "relatives": "recycling.verdict.relatives_figure:relatives",
    "experiment": "recycling.verdict.experiments.figure:experiment",
}
