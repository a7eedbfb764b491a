# Stage: the experiments that the study names arms for, each a table and a paragraph.
# REQUIRED INPUTS: <results>/tables/examples.parquet, <results>/rankings/, <results>/merged/
# OUTPUTS: <results>/tables/{experiment}.tsv, <results>/experiments.md
from recycling.plan.work import experiments
from recycling.plan.work.base import code, one_of


wildcard_constraints:
    experiment=one_of(experiments.experiments(STUDY)),
    arm=one_of(STUDY.arms),


rule tabulate_experiment:
    """Compute the differences and statistics of one experiment, with their tests."""
    input:
        examples="<results>/tables/examples.parquet",
        rankings=plan(experiments.rankings),
        records=plan(experiments.records),
    output:
        table="<results>/tables/{experiment}.tsv",
    log:
        "<logs>/tabulate_experiment/{experiment}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=plan(experiments.code),
        ranked=plan(experiments.ranked),
        merged=plan(experiments.merged),
        arms=plan(experiments.arms),
        targets=plan(experiments.targets),
        few=plan(experiments.few),
        tried=plan(experiments.tried),
        labelled=plan(experiments.labelled),
        reference=plan(experiments.reference),
        statistics=STUDY.statistics.model_dump(),
        seed=STUDY.seed,
    script:
        "../../scripts/verdict/tabulate_experiment.py"


rule write_experiments:
    """Write for each experiment what it claims, what was measured and whether that holds."""
    input:
        tables=collect(
            "<results>/tables/{experiment}.tsv", experiment=experiments.experiments(STUDY)
        ),
    output:
        account="<results>/experiments.md",
    log:
        "<logs>/write_experiments.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("verdict/write_experiments"),
        names=experiments.experiments(STUDY),
        study=STUDY.study,
    script:
        "../../scripts/verdict/write_experiments.py"
