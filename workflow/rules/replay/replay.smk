# Stage: a replay, from published files to tables and figures. The whole of that kind of study.
# REQUIRED INPUTS: none (a folder or the network, as the config's folder and url say)
# OUTPUTS: <results>/published/, <results>/dropped.tsv,
#          <results>/tables/{scores.parquet,quality.tsv,quality_by_task.tsv,methods.tsv,
#          method_contrasts.tsv,results.md}, <results>/figures/


rule fetch_published:
    """Bring one published file to disk and check it."""
    input:
        local=published_copy,
    output:
        file="<results>/published/{file}",
    log:
        "<logs>/fetch_published/{file}.log",
    retries: 0  # the script is patient with a network; a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("replay/fetch_published"),
        source=published_source,
    script:
        "../../scripts/replay/fetch_published.py"


rule gather_scores:
    """Read the scores that the study names from the files, and list what is left out."""
    input:
        files=collect("<results>/published/{file}", file=STUDY["files"]),
    output:
        scores="<results>/tables/scores.parquet",
        dropped="<results>/dropped.tsv",
    log:
        "<logs>/gather_scores.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("replay/gather_scores"),
        names=list(STUDY["files"]),
        tasks=STUDY["tasks"],
        adapters=STUDY.get("adapters"),
        labelled=STUDY["labelled"],
        outcomes=STUDY["outcomes"],
        methods=STUDY["methods"],
    script:
        "../../scripts/replay/gather_scores.py"


rule measure_quality:
    """What the labelled score says about each outcome, with intervals by task and by owner."""
    input:
        scores="<results>/tables/scores.parquet",
    output:
        quality="<results>/tables/quality.tsv",
        by_task="<results>/tables/quality_by_task.tsv",
    log:
        "<logs>/measure_quality.log",
    benchmark:
        "<benchmarks>/measure_quality.tsv"
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("replay/measure_quality"),
        outcomes=STUDY["outcomes"],
        statistics=STUDY["statistics"],
        seed=STUDY["seed"],
    script:
        "../../scripts/replay/measure_quality.py"


rule compare_methods:
    """Means of published methods over tasks, and paired differences."""
    input:
        scores="<results>/tables/scores.parquet",
    output:
        methods="<results>/tables/methods.tsv",
        contrasts="<results>/tables/method_contrasts.tsv",
    log:
        "<logs>/compare_methods.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("replay/compare_methods"),
        methods=STUDY["methods"],
        contrasts=STUDY["contrasts"],
        draws=STUDY["statistics"]["resamples"],
        seed=STUDY["seed"],
    script:
        "../../scripts/replay/compare_methods.py"


rule write_replay:
    """The replay's tables as Markdown, beside the values that others found."""
    input:
        quality="<results>/tables/quality.tsv",
        methods="<results>/tables/methods.tsv",
        contrasts="<results>/tables/method_contrasts.tsv",
    output:
        results="<results>/tables/results.md",
    log:
        "<logs>/write_replay.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("replay/write_replay"),
        top=STUDY["statistics"]["top"],
    script:
        "../../scripts/replay/write_replay.py"


rule plot_replay:
    """One figure of the replay."""
    input:
        quality="<results>/tables/quality.tsv",
        by_task="<results>/tables/quality_by_task.tsv",
        methods="<results>/tables/methods.tsv",
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../../report/replay.rst",
            category="Replay",
            labels={"figure": "{figure}"},
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_replay/{figure}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=replay_code,
        entry=replay_figure,
        settings={"top": STUDY["statistics"]["top"]},
    script:
        "../../scripts/output/plot_figure.py"
