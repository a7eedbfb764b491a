"""The figures of a study by name.

An entry point takes its tables and settings as keyword arguments and returns a drawn figure. To
add a figure, write the function, add a line here and a rule that names its inputs.
"""

FIGURES = {
    "attrition": "recycling.analysis.pool_figures:attrition",
    "accuracy": "recycling.analysis.result_figures:accuracy",
    "differences": "recycling.analysis.result_figures:differences",
    "cost": "recycling.analysis.result_figures:cost",
    "coefficients": "recycling.analysis.learning_figures:coefficients",
    "curves": "recycling.analysis.learning_figures:curves",
    "experiment": "recycling.analysis.experiments.figure:experiment",
}
# Those of a replay; each takes quality, by_task, methods and top.
REPLAY_FIGURES = {
    "selection": "recycling.replay.figures:selection",
    "tasks": "recycling.replay.figures:tasks",
    "methods": "recycling.replay.figures:methods",
}
# Those of a composition study; each takes the tables that its name stands for in the rules.
COMPOSITION_FIGURES = {
    "theory": "recycling.composition.figures:theory",
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
    "preconditions": "recycling.preconditions.figures:preconditions",
}
