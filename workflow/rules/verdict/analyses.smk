# Stage: what the files of a study tell beside its verdict, without the model.
# REQUIRED INPUTS: <results>/predictions/, <results>/tables/{examples.parquet,scores.tsv,selection.tsv},
#                  <results>/pool/accepted.tsv, <results>/merged/
# OUTPUTS: <results>/tables/{reliability,reliability_curve,variance,optimism,transfer,transfer_correlations,relatives}.tsv,
#          <results>/figures/{reliability,variance,optimism,transfer,relatives}.svg
from recycling.plan.wiring import built_in
from recycling.plan.work import analyses, optimism, pool, selection, transfer, verdict
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
        pdf="<results>/figures/reliability.pdf",
    log:
        "<logs>/plot_reliability.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["reliability"]),
        entry=FIGURES["reliability"],
        settings={"arms": built_in(analyses.deciding_arms(STUDY))},


rule apportion_variance:
    """Tell how much of the variance of scores is due to tasks, runs, rows and arms."""
    input:
        examples="<results>/tables/examples.parquet",
    output:
        variance="<results>/tables/variance.tsv",
    log:
        "<logs>/apportion_variance.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/apportion_variance"),
        arms=built_in(verdict.main_arms(STUDY)),
        targets=verdict.main_targets(STUDY),
        statistics=STUDY.statistics.model_dump(),
        seed=STUDY.seed,
    script:
        "../../scripts/verdict/apportion_variance.py"


use rule plot_accuracy as plot_variance with:
    input:
        variance="<results>/tables/variance.tsv",
    output:
        svg=report(
            "<results>/figures/variance.svg",
            caption="../../report/variance.rst",
            category="Results",
            labels={"figure": "where the variance comes from"},
        ),
        png="<results>/figures/variance.png",
        pdf="<results>/figures/variance.pdf",
    log:
        "<logs>/plot_variance.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["variance"]),
        entry=FIGURES["variance"],
        settings={},


rule measure_optimism:
    """Measure how much better chosen adapters look on the rows that chose them."""
    input:
        selection="<results>/tables/selection.tsv",
        scores="<results>/tables/scores.tsv",
    output:
        optimism="<results>/tables/optimism.tsv",
    log:
        "<logs>/measure_optimism.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/measure_optimism"),
        judged=built_in(optimism.judged(STUDY)),
        tasks_are=STUDY.statistics.tasks,
    script:
        "../../scripts/verdict/measure_optimism.py"


use rule plot_accuracy as plot_optimism with:
    input:
        optimism="<results>/tables/optimism.tsv",
    output:
        svg=report(
            "<results>/figures/optimism.svg",
            caption="../../report/optimism.rst",
            category="Pool",
            labels={"figure": "optimism of the choice"},
        ),
        png="<results>/figures/optimism.png",
        pdf="<results>/figures/optimism.pdf",
    log:
        "<logs>/plot_optimism.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["optimism"]),
        entry=FIGURES["optimism"],
        settings={},


rule map_transfer:
    """Map what each adapter of the pool does on each target, and what foretells it."""
    input:
        selection="<results>/tables/selection.tsv",
        scores="<results>/tables/scores.tsv",
        accepted="<results>/pool/accepted.tsv",
        published=pool.published(STUDY),
        coefficients=transfer.weights(STUDY),
    output:
        transfer="<results>/tables/transfer.tsv",
        correlations="<results>/tables/transfer_correlations.tsv",
    log:
        "<logs>/map_transfer.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/map_transfer"),
        cells=built_in(transfer.weighing(STUDY)),
        measures=built_in(transfer.measures(STUDY)),
        base=transfer.base_arm(STUDY),
        kin=built_in(transfer.kin(STUDY)),
        resamples=STUDY.statistics.resamples,
        seed=STUDY.seed,
    script:
        "../../scripts/verdict/map_transfer.py"


use rule plot_accuracy as plot_transfer with:
    input:
        transfer="<results>/tables/transfer.tsv",
        correlations="<results>/tables/transfer_correlations.tsv",
    output:
        svg=report(
            "<results>/figures/transfer.svg",
            caption="../../report/transfer.rst",
            category="Pool",
            labels={"figure": "map of transfer"},
        ),
        png="<results>/figures/transfer.png",
        pdf="<results>/figures/transfer.pdf",
    log:
        "<logs>/plot_transfer.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["transfer"]),
        entry=FIGURES["transfer"],
        settings={},


rule count_relatives:
    """Count the relatives of each target among the first adapters of every ranking."""
    input:
        selection="<results>/tables/selection.tsv",
        accepted="<results>/pool/accepted.tsv",
        published=pool.published(STUDY),
    output:
        relatives="<results>/tables/relatives.tsv",
    log:
        "<logs>/count_relatives.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/count_relatives"),
        kin=built_in(selection.related_targets(STUDY)),
    script:
        "../../scripts/verdict/count_relatives.py"


use rule plot_accuracy as plot_relatives with:
    input:
        relatives="<results>/tables/relatives.tsv",
    output:
        svg=report(
            "<results>/figures/relatives.svg",
            caption="../../report/relatives.rst",
            category="Pool",
            labels={"figure": "relatives found"},
        ),
        png="<results>/figures/relatives.png",
        pdf="<results>/figures/relatives.pdf",
    log:
        "<logs>/plot_relatives.log",
    localrule: True
    params:
        code=code("output/plot_figure", FIGURES["relatives"]),
        entry=FIGURES["relatives"],
        settings={},
