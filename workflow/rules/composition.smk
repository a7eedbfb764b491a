# Stage: a composition study, from its worlds to tables and figures. The whole of that kind of study.
# REQUIRED INPUTS: none
# OUTPUTS: <results>/tables/theory.tsv, <results>/figures/


rule check_theory:
    """The one-layer model: what merged edits answer, over random draws."""
    output:
        theory="<results>/tables/theory.tsv",
    log:
        "<logs>/check_theory.log",
    benchmark:
        "<benchmarks>/check_theory.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=source_digest("check_theory"),
        settings=STUDY["theory"],
        seed=STUDY["seed"],
    script:
        "../scripts/check_theory.py"


rule plot_theory:
    """What the one-layer model answers by rank, and two hops in one pass against chance."""
    input:
        theory="<results>/tables/theory.tsv",
    output:
        svg=report(
            "<results>/figures/theory.svg",
            caption="../report/theory.rst",
            category="Theory",
            labels={"figure": "one layer"},
        ),
        png="<results>/figures/theory.png",
    log:
        "<logs>/plot_theory.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    params:
        code=digest("plot_figure", settings.table("composition_figures")["theory"]),
        figure="theory",
        settings={},
    script:
        "../scripts/plot_figure.py"
