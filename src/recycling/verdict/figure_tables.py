"""The figures of a study by name.

An entry point takes its tables and settings as keyword arguments and returns a drawn figure. To
add a figure, write the function, add a line here and a rule that names its inputs.
"""

FIGURES = {
    "attrition": "recycling.verdict.pool_figures:attrition",
    "accuracy": "recycling.verdict.result_figures:accuracy",
    "differences": "recycling.verdict.result_figures:differences",
    "cost": "recycling.verdict.result_figures:cost",
    "coefficients": "recycling.verdict.learning_figures:coefficients",
    "curves": "recycling.verdict.learning_figures:curves",
    "experiment": "recycling.verdict.experiments.figure:experiment",
}
# Those of a replay; each takes quality, by_task, methods and top.
REPLAY_FIGURES = {
    "selection": "recycling.replay.quality_figures:selection",
    "tasks": "recycling.replay.quality_figures:tasks",
    "methods": "recycling.replay.quality_figures:methods",
}
# Those of a composition study; each takes the tables that its name stands for in the rules.
COMPOSITION_FIGURES = {
    "theory": "recycling.composition.theory_figure:theory",
    "libraries": "recycling.composition.world_figures:libraries",
    "hops": "recycling.composition.world_figures:hops",
    "rules": "recycling.composition.world_figures:rules",
    "math": "recycling.composition.world_figures:math",
    "word_lists": "recycling.composition.world_figures:word_lists",
    "places": "recycling.composition.world_figures:places",
    "familiarity": "recycling.composition.sweep_figures:familiarity",
    "templates": "recycling.composition.sweep_figures:templates",
    "scales": "recycling.composition.sweep_figures:scales",
    "routing": "recycling.composition.sweep_figures:routing",
}
# That of a check of preconditions.
PRECONDITIONS_FIGURES = {
    "preconditions": "recycling.preconditions.shares_figure:preconditions",
}
