# Stage: what the files of a study tell beside its verdict, without the model.
# REQUIRED INPUTS: <results>/predictions/, <results>/tables/{examples.parquet,scores.tsv,selection.tsv},
#                  <results>/pool/accepted.tsv, <results>/merged/
# OUTPUTS: <results>/tables/{reliability,reliability_curve,variance,optimism,transfer,transfer_correlations,relatives,weights}.tsv
from recycling.plan.wiring import built_in
from recycling.plan.work import analyses, optimism, pool, selection, transfer, verdict
from recycling.plan.work.base import code


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


rule share_weights:
    """Tell which sources of each learned merge get the weight."""
    input:
        accepted="<results>/pool/accepted.tsv",
        published=pool.published(STUDY),
        coefficients=transfer.weights(STUDY),
    output:
        weights="<results>/tables/weights.tsv",
    log:
        "<logs>/share_weights.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/share_weights"),
        cells=built_in(transfer.weighing(STUDY)),
        kin=built_in(transfer.kin(STUDY)),
    script:
        "../../scripts/verdict/share_weights.py"
