# Stage: what the files of a study tell beside its verdict, without the model.
# REQUIRED INPUTS: <results>/predictions/
# OUTPUTS: <results>/tables/{reliability,reliability_curve}.tsv, <results>/figures/reliability.svg
from recycling.plan.wiring import built_in
from recycling.plan.work import analyses, verdict
from recycling.plan.work.base import code
from recycling.verdict import FIGURES


rule measure_reliability:
    """Measure how far the probabilities that each arm states are off."""
    input:
        predictions=analyses.main_predictions(STUDY),
    output:
        reliability="<results>/tables/reliability.tsv",
        curve="<results>/tables/reliability_curve.tsv",
    log:
        "<logs>/measure_reliability.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/measure_reliability"),
        units=built_in(verdict.main_units(STUDY)),
        arms=built_in(verdict.main_arms(STUDY)),
        tasks_are=STUDY.statistics.tasks,
    script:
        "../../scripts/verdict/measure_reliability.py"


use rule plot_accuracy as plot_reliability with:
    input:
        reliability="<results>/tables/reliability.tsv",
        curve="<results>/tables/reliability_curve.tsv",
    output:
        svg=report(
            "<results>/figures/reliability.svg",
            caption="../../report/reliability.rst",
            category="Results",
            labels={"figure": "stated confidence"},
        ),
        png="<results>/figures/reliability.png",
    log:
        "<logs>/plot_reliability.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["reliability"]),
        entry=FIGURES["reliability"],
        settings={"arms": built_in(analyses.deciding_arms(STUDY))},
