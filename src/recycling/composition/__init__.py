"""The composition study: when do two adapters together know what neither knows alone?"""

# What is taught and asked; a subject draws its material from a seed and its options.
SUBJECTS = {
    "two_hop": "recycling.composition.two_hop:two_hop",
    "places": "recycling.composition.places:places",
    "math": "recycling.composition.word_problems:word_problems",
    "word_lists": "recycling.composition.word_lists:word_lists",
}
# Merges that only this study compares, beside those of `recycling.merging`.
METHODS = {"average_factors": "recycling.composition.factorwise:average_factors"}
# What is no merge: who answers which question, and who takes over at which step.
ORACLES = {
    "hop_oracle": "recycling.composition.oracles:hop_oracle",
    "task_oracle": "recycling.composition.oracles:task_oracle",
}
# Each takes the tables that its name stands for in the rules.
FIGURES = {
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
