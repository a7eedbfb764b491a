"""What each rule takes: paths, seeds, parameters and costs, as pure functions of a study.

A function takes the study, then wildcards by their names: see `plan.wiring`. `<results>` and the
like stand for the study's folders, which Snakemake fills in.
"""
