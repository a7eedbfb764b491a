# Stage: tables and the verdict.
# REQUIRED INPUTS: <results>/tables/{scores.tsv,examples.parquet}, <results>/pool/, <results>/merged/
# OUTPUTS: <results>/tables/{summary,contrasts,design,cost,training,tuning}.tsv, results.md, <results>/verdict.md
from recycling.plan.wiring import built_in
from recycling.plan.work import shown, verdict
from recycling.plan.work.base import code

MAIN_ARMS = built_in(verdict.main_arms(STUDY))
PRODUCTS = shown.products(STUDY)
DRAWINGS = shown.drawings(STUDY)


rule summarise:
    """Compute means, the planned contrasts with their tests, what the design shows, and costs."""
    input:
        examples="<results>/tables/examples.parquet",
        seconds=plan(verdict.job_seconds),
        records=plan(verdict.job_records),
    output:
        summary="<results>/tables/summary.tsv",
        contrasts="<results>/tables/contrasts.tsv",
        design="<results>/tables/design.tsv",
        cost="<results>/tables/cost.tsv",
    log:
        "<logs>/summarise.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/summarise"),
        jobs=plan(verdict.job_cells),
        paid=verdict.paid(STUDY),
        arms=MAIN_ARMS,
        targets=verdict.main_targets(STUDY),
        statistics=STUDY.statistics.model_dump(),
        seed=STUDY.seed,
    script:
        "../../scripts/verdict/summarise.py"


rule collect_training:
    """List for each training the step that validation chose, and what it gained over the start."""
    input:
        curves=verdict.curve_files(STUDY),
    output:
        training="<results>/tables/training.tsv",
    log:
        "<logs>/collect_training.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/collect_training"),
        cells=built_in(verdict.curves(STUDY)),
    script:
        "../../scripts/verdict/collect_training.py"


rule collect_tuning:
    """List for each tuned arm what was tried, with its cross-validated loss, and what was chosen."""
    input:
        tried=verdict.tuning_files(STUDY),
    output:
        tuning="<results>/tables/tuning.tsv",
    log:
        "<logs>/collect_tuning.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/collect_tuning"),
        cells=built_in(verdict.tunings(STUDY)),
    script:
        "../../scripts/verdict/collect_tuning.py"


rule write_verdict:
    """Answer the study's question in words, from its tables alone."""
    input:
        summary="<results>/tables/summary.tsv",
        contrasts="<results>/tables/contrasts.tsv",
        design="<results>/tables/design.tsv",
        cost="<results>/tables/cost.tsv",
        training="<results>/tables/training.tsv",
        tasks=verdict.task_records(STUDY),
    output:
        verdict="<results>/verdict.md",
        results="<results>/tables/results.md",
    log:
        "<logs>/write_verdict.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/write_verdict"),
        about=verdict.about(STUDY),
        asked=verdict.asked_rows(STUDY),
    script:
        "../../scripts/verdict/write_verdict.py"
