# Stage: the experiments that the study names arms for, each a table, a figure and a paragraph.
# REQUIRED INPUTS: <results>/tables/examples.parquet, <results>/rankings/, <results>/merged/
# OUTPUTS: <results>/tables/{experiment}.tsv, <results>/figures/{experiment}.svg,
#          <results>/experiments.md


rule tabulate_experiment:
    """Differences and statistics of one experiment, with their tests."""
    input:
        examples="<results>/tables/examples.parquet",
        rankings=experiment_rankings,
        records=experiment_records,
    output:
        table="<results>/tables/{experiment}.tsv",
    log:
        "<logs>/tabulate_experiment/{experiment}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=experiment_code,
        ranked=experiment_ranked,
        merged=experiment_merged,
        arms=experiment_arms,
        targets=experiment_targets,
        few=experiment_few,
        reference=experiment_reference,
        margin=STUDY["statistics"]["margin"],
        draws=STUDY["statistics"]["resamples"],
        tasks=STUDY["statistics"]["tasks"],
        seed=STUDY["seed"],
    script:
        "../../scripts/verdict/tabulate_experiment.py"


use rule plot_accuracy as plot_experiment with:
    input:
        table="<results>/tables/{experiment}.tsv",
    output:
        svg=report(
            "<results>/figures/{experiment}.svg",
            caption="../../report/experiment.rst",
            category="Experiments",
            labels={"figure": "{experiment}"},
        ),
        png="<results>/figures/{experiment}.png",
    log:
        "<logs>/plot_experiment/{experiment}.log",
    localrule: True
    params:
        code=digest("output/plot_figure", settings.table("figures")["experiment"]),
        entry=settings.table("figures")["experiment"],
        settings=experiment_name,
        about=experiment_about,


rule write_experiments:
    """Say of each experiment what it claims, what was measured and whether it held."""
    input:
        tables=collect("<results>/tables/{experiment}.tsv", experiment=EXPERIMENTS),
    output:
        account="<results>/experiments.md",
    log:
        "<logs>/write_experiments.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("verdict/write_experiments"),
        names=EXPERIMENTS,
        study=STUDY["study"],
    script:
        "../../scripts/verdict/write_experiments.py"
