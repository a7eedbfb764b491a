# What the stages of a composition study derive from its configuration.
FIGURES = list(settings.table("composition_figures"))
# What the study is run for.
PRODUCTS = [
    "<results>/tables/theory.tsv",
    *(f"<results>/figures/{name}.svg" for name in FIGURES),
]
