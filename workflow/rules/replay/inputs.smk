# What the stage of a replay derives from its configuration, and the functions its rules take from.
FIGURES = [
    name for name in settings.table("replay_figures") if STUDY["methods"] or name != "methods"
]
# What the study is run for.
PRODUCTS = [
    "<results>/tables/results.md",
    "<results>/dropped.tsv",
    *(f"<results>/figures/{name}.svg" for name in FIGURES),
]


wildcard_constraints:
    figure=one_of(FIGURES),
    file=one_of(STUDY["files"]),


def published_copy(wildcards):
    """The file in the config's folder, if it lies there; else it is fetched."""
    if "folder" not in STUDY:
        return []
    copy = Path(STUDY["folder"]).expanduser() / wildcards.file
    return str(copy) if copy.is_file() else []


def published_source(wildcards):
    """Address and digest of a published file."""
    file = STUDY["files"][wildcards.file]
    return {"url": f"{STUDY['url']}/{file['path']}", "sha256": file["sha256"]}


def replay_figure(wildcards):
    """The function that draws a figure."""
    return settings.table("replay_figures")[wildcards.figure]


def replay_code(wildcards):
    """Digest of the script and of the figure's module."""
    return digest("output/plot_figure", replay_figure(wildcards))
