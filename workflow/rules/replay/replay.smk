# Stage: a replay, from published files to tables. The whole of that kind of study.
# REQUIRED INPUTS: none (a folder or the network, as the config's folder and url say)
# OUTPUTS: <results>/published/, <results>/dropped.tsv,
#          <results>/tables/{scores.parquet,quality.tsv,quality_by_task.tsv,methods.tsv,
#          method_contrasts.tsv,results.md}
from recycling.plan.wiring import built_in
from recycling.plan.work import replay
from recycling.plan.work.base import code, one_of

PRODUCTS = replay.products(STUDY)
DRAWINGS = replay.drawings(STUDY)


wildcard_constraints:
    file=one_of(STUDY.files),


rule fetch_published:
    """Copy or fetch one published file, and check its digest."""
    input:
        local=plan(replay.local_copy),
    output:
        file="<results>/published/{file}",
    log:
        "<logs>/fetch_published/{file}.log",
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("replay/fetch_published"),
        url=plan(replay.file_url),
        sha256=plan(replay.file_sha256),
    script:
        "../../scripts/replay/fetch_published.py"


rule gather_scores:
    """Read the scores that the study names from the files, and list what is left out."""
    input:
        files=replay.published_files(STUDY),
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
        code=code("replay/gather_scores"),
        tasks=STUDY.tasks,
        adapters=STUDY.adapters,
        labelled=built_in(STUDY.labelled),
        outcomes=built_in(STUDY.outcomes),
        methods=built_in(STUDY.methods),
    script:
        "../../scripts/replay/gather_scores.py"


rule measure_quality:
    """Measure what the labelled score says of each outcome, with intervals by task and owner."""
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
        code=code("replay/measure_quality"),
        expected=replay.expected(STUDY),
        top=STUDY.statistics.top,
        tie_breaks=STUDY.statistics.tie_breaks,
        draws=STUDY.statistics.resamples,
        seed=STUDY.seed,
    script:
        "../../scripts/replay/measure_quality.py"


rule compare_methods:
    """Average published methods over tasks, and compare them in pairs."""
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
        code=code("replay/compare_methods"),
        methods=built_in(STUDY.methods),
        pairs=built_in(STUDY.contrasts),
        draws=STUDY.statistics.resamples,
        seed=STUDY.seed,
    script:
        "../../scripts/replay/compare_methods.py"


rule write_replay:
    """Write the replay's tables as Markdown, beside values from another computation."""
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
        code=code("replay/write_replay"),
        top=STUDY.statistics.top,
    script:
        "../../scripts/replay/write_replay.py"
