# Stage: tables, figures and the verdict.
# REQUIRED INPUTS: <results>/tables/{scores.tsv,examples.parquet}, <results>/pool/, <results>/merged/
# OUTPUTS: <results>/tables/{summary,contrasts,design,cost,training,tuning}.tsv, results.md, <results>/figures/*,
#          <results>/verdict.md
from recycling.plan.wiring import built_in
from recycling.plan.work import verdict
from recycling.plan.work.base import code
from recycling.verdict import FIGURES

MAIN_ARMS = built_in(verdict.main_arms(STUDY))
PRODUCTS = verdict.products(STUDY)


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


rule plot_accuracy:
    """Draw what each arm answers right, by task and as the mean."""
    input:
        summary="<results>/tables/summary.tsv",
        training="<results>/tables/training.tsv",
    output:
        svg=report(
            "<results>/figures/accuracy.svg",
            caption="../../report/accuracy.rst",
            category="Results",
            labels={"figure": "accuracy by arm"},
        ),
        png="<results>/figures/accuracy.png",
        pdf="<results>/figures/accuracy.pdf",
    log:
        "<logs>/plot_accuracy.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("output/plot_figure", FIGURES["accuracy"]),
        entry=FIGURES["accuracy"],
        settings={"arms": MAIN_ARMS},
    script:
        "../../scripts/output/plot_figure.py"


use rule plot_accuracy as plot_accuracy_by_task with:
    input:
        summary="<results>/tables/summary.tsv",
        training="<results>/tables/training.tsv",
    output:
        svg=report(
            "<results>/figures/accuracy_by_task.svg",
            caption="../../report/accuracy_by_task.rst",
            category="Results",
            labels={"figure": "accuracy by arm and task"},
        ),
        png="<results>/figures/accuracy_by_task.png",
        pdf="<results>/figures/accuracy_by_task.pdf",
    log:
        "<logs>/plot_accuracy_by_task.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["accuracy_by_task"]),
        entry=FIGURES["accuracy_by_task"],
        settings={"arms": MAIN_ARMS},


use rule plot_accuracy as plot_differences with:
    input:
        contrasts="<results>/tables/contrasts.tsv",
        training="<results>/tables/training.tsv",
    output:
        svg=report(
            "<results>/figures/differences.svg",
            caption="../../report/differences.rst",
            category="Results",
            labels={"figure": "recycled minus fresh"},
        ),
        png="<results>/figures/differences.png",
        pdf="<results>/figures/differences.pdf",
    log:
        "<logs>/plot_differences.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["differences"]),
        entry=FIGURES["differences"],
        settings={"arms": MAIN_ARMS},


use rule plot_accuracy as plot_cost with:
    input:
        cost="<results>/tables/cost.tsv",
        summary="<results>/tables/summary.tsv",
        training="<results>/tables/training.tsv",
    output:
        svg=report(
            "<results>/figures/cost.svg",
            caption="../../report/cost.rst",
            category="Results",
            labels={"figure": "cost against accuracy"},
        ),
        png="<results>/figures/cost.png",
        pdf="<results>/figures/cost.pdf",
    log:
        "<logs>/plot_cost.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["cost"]),
        entry=FIGURES["cost"],
        settings={"arms": MAIN_ARMS},


use rule plot_accuracy as plot_attrition with:
    input:
        accepted="<results>/pool/accepted.tsv",
        rejected="<results>/pool/rejected.tsv",
    output:
        svg=report(
            "<results>/figures/attrition.svg",
            caption="../../report/attrition.rst",
            category="Pool",
            labels={"figure": "attrition by reason"},
        ),
        png="<results>/figures/attrition.png",
        pdf="<results>/figures/attrition.pdf",
    log:
        "<logs>/plot_attrition.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["attrition"]),
        entry=FIGURES["attrition"],
        settings={},


use rule plot_accuracy as plot_coefficients with:
    input:
        coefficients=verdict.heat_map_files(STUDY),
        training="<results>/tables/training.tsv",
    output:
        svg=report(
            "<results>/figures/coefficients.svg",
            caption="../../report/coefficients.rst",
            category="Merging",
            labels={"figure": "learned coefficients"},
        ),
        png="<results>/figures/coefficients.png",
        pdf="<results>/figures/coefficients.pdf",
    log:
        "<logs>/plot_coefficients.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["coefficients"]),
        entry=FIGURES["coefficients"],
        settings={"cells": built_in(verdict.heat_map_cells(STUDY))},


use rule plot_accuracy as plot_curves with:
    input:
        curves=verdict.curve_files(STUDY),
    output:
        svg=report(
            "<results>/figures/curves.svg",
            caption="../../report/curves.rst",
            category="Merging",
            labels={"figure": "training curves"},
        ),
        png="<results>/figures/curves.png",
        pdf="<results>/figures/curves.pdf",
    log:
        "<logs>/plot_curves.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["curves"]),
        entry=FIGURES["curves"],
        settings={"cells": built_in(verdict.curves(STUDY))},
