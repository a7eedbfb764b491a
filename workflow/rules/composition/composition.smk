# Stage: a composition study, from its worlds to tables and figures. The whole of that kind of study.
# REQUIRED INPUTS: <results>/base/model and runtime.json, only if a subject's base is fetched
# OUTPUTS: <results>/bases/{base}/{replicate}/, <results>/experts/{scene}/{replicate}/,
#          <results>/answers/{scene}/{replicate}{,_weights}.parquet,
#          <results>/tables/{theory,routing,claims}.tsv, <results>/tables/composition.md,
#          <results>/tables/{subject}{,_contrasts,_gates}.tsv, <results>/figures/
from recycling.plan.work import composition, composition_tables
from recycling.plan.work.base import code, one_of

PRODUCTS = composition_tables.products(STUDY)


wildcard_constraints:
    base=one_of(composition.trained_bases(STUDY)),
    figure=one_of(composition_tables.world_figures(STUDY)),
    replicate=r"\d+",
    scene=one_of(STUDY.scenes),
    subject=one_of(STUDY.subjects),


rule check_theory:
    """Measure what merged edits of the one-layer model answer, over random draws."""
    output:
        theory="<results>/tables/theory.tsv",
    log:
        "<logs>/check_theory.log",
    benchmark:
        "<benchmarks>/check_theory.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("composition/check_theory"),
        asked=plan(composition_tables.theory),
        seed=STUDY.seed,
    script:
        "../../scripts/composition/check_theory.py"


rule pretrain_base:
    """Train a small base from random weights."""
    output:
        model=directory("<results>/bases/{base}/{replicate}/model"),
        curve="<results>/bases/{base}/{replicate}/curve.tsv",
    log:
        "<logs>/pretrain_base/{base}/{replicate}.log",
    benchmark:
        "<benchmarks>/pretrain_base/{base}/{replicate}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=plan(composition.base_code),
        shape=plan(composition.base_shape),
        recipe=plan(composition.base_recipe),
        entry=plan(composition.base_entry),
        material=plan(composition.base_material),
        seed=plan(composition.base_seed),
    script:
        "../../scripts/composition/pretrain_base.py"


rule train_experts:
    """Train every expert of a scene."""
    input:
        model=plan(composition.scene_base),
        runtime=plan(composition.scene_runtime),
    output:
        folder=directory("<results>/experts/{scene}/{replicate}"),
    log:
        "<logs>/train_experts/{scene}/{replicate}.log",
    benchmark:
        "<benchmarks>/train_experts/{scene}/{replicate}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=plan(composition.training_code),
        setting=plan(composition.scene_setting),
        experts=plan(composition.scene_experts),
        recipe=plan(composition.expert_recipe),
        entry=plan(composition.scene_entry),
        material=plan(composition.scene_material),
        seed=plan(composition.scene_seed),
    script:
        "../../scripts/composition/train_experts.py"


rule ask_libraries:
    """Merge each library by each rule, and ask it the questions of a scene."""
    input:
        model=plan(composition.scene_base),
        runtime=plan(composition.scene_runtime),
        folder="<results>/experts/{scene}/{replicate}",
    output:
        answers="<results>/answers/{scene}/{replicate}.parquet",
        weights="<results>/answers/{scene}/{replicate}_weights.parquet",
    log:
        "<logs>/ask_libraries/{scene}/{replicate}.log",
    benchmark:
        "<benchmarks>/ask_libraries/{scene}/{replicate}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=plan(composition.asking_code),
        recipe=plan(composition.scene_recipe),
        entry=plan(composition.scene_entry),
        material=plan(composition.scene_material),
        seed=plan(composition.scene_seed),
    script:
        "../../scripts/composition/ask_libraries.py"


rule judge_composition:
    """Compute shares of right answers with their tests, and what each expert knows alone."""
    input:
        answers=plan(composition_tables.subject_answers),
    output:
        shares="<results>/tables/{subject}.tsv",
        contrasts="<results>/tables/{subject}_contrasts.tsv",
        gates="<results>/tables/{subject}_gates.tsv",
    log:
        "<logs>/judge_composition/{subject}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=plan(composition_tables.judging_code),
        entry=plan(composition.subject_entry),
        material=plan(composition.subject_material),
        seed=STUDY.seed,
    script:
        "../../scripts/composition/judge_composition.py"


rule judge_claims:
    """Judge each claim about two hops and word lists by its comparisons."""
    input:
        answers=composition_tables.claimed_answers(STUDY),
        gates=composition_tables.claimed_gates(STUDY),
    output:
        claims="<results>/tables/claims.tsv",
    log:
        "<logs>/judge_claims.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("composition/judge_claims"),
        scenes=plan(composition_tables.claimed_scenes),
        libraries=STUDY.libraries,
    script:
        "../../scripts/composition/judge_claims.py"


rule report_composition:
    """Write the page that a reader opens first."""
    input:
        shares=composition_tables.share_tables(STUDY),
        gates=composition_tables.gate_tables(STUDY),
        claims=composition_tables.claims(STUDY),
    output:
        page="<results>/tables/composition.md",
    log:
        "<logs>/report_composition.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("composition/report_composition"),
        subjects=list(STUDY.subjects),
        scenes=plan(composition_tables.world_scenes),
        study=STUDY.study,
    script:
        "../../scripts/composition/report_composition.py"


rule judge_routing:
    """Tabulate the weights of routed experts at each place of question and answer."""
    input:
        weights=composition_tables.routing_weights(STUDY),
    output:
        routing="<results>/tables/routing.tsv",
    log:
        "<logs>/judge_routing.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("composition/judge_routing"),
    script:
        "../../scripts/composition/judge_routing.py"


rule plot_theory:
    """Draw what the one-layer model answers by rank, and two hops in one pass against chance."""
    input:
        theory="<results>/tables/theory.tsv",
    output:
        svg=report(
            "<results>/figures/theory.svg",
            caption="../../report/theory.rst",
            category="Theory",
            labels={"figure": "one layer"},
        ),
        png="<results>/figures/theory.png",
        pdf="<results>/figures/theory.pdf",
    log:
        "<logs>/plot_theory.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=composition_tables.figure_code(STUDY, "theory"),
        entry=composition_tables.figure_entry(STUDY, "theory"),
        settings=composition_tables.figure_settings(STUDY, "theory"),
    script:
        "../../scripts/output/plot_figure.py"


rule plot_composition:
    """Draw one figure of the two-hop world."""
    input:
        shares="<results>/tables/two_hop.tsv",
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../../report/two_hop.rst",
            category="Two hops",
            labels={"figure": "{figure}"},
        ),
        png="<results>/figures/{figure}.png",
        pdf="<results>/figures/{figure}.pdf",
    log:
        "<logs>/plot_composition/{figure}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=plan(composition_tables.figure_code),
        entry=plan(composition_tables.figure_entry),
        settings=plan(composition_tables.figure_settings),
    script:
        "../../scripts/output/plot_figure.py"


use rule plot_theory as plot_math with:
    input:
        shares="<results>/tables/math.tsv",
    output:
        svg=report(
            "<results>/figures/math.svg",
            caption="../../report/math.rst",
            category="Word problems",
            labels={"figure": "word problems"},
        ),
        png="<results>/figures/math.png",
        pdf="<results>/figures/math.pdf",
    log:
        "<logs>/plot_math.log",
    localrule: True
    params:
        code=composition_tables.figure_code(STUDY, "math"),
        entry=composition_tables.figure_entry(STUDY, "math"),
        settings=composition_tables.figure_settings(STUDY, "math"),


use rule plot_theory as plot_word_lists with:
    input:
        shares="<results>/tables/word_lists.tsv",
    output:
        svg=report(
            "<results>/figures/word_lists.svg",
            caption="../../report/word_lists.rst",
            category="Word problems",
            labels={"figure": "invented words"},
        ),
        png="<results>/figures/word_lists.png",
        pdf="<results>/figures/word_lists.pdf",
    log:
        "<logs>/plot_word_lists.log",
    localrule: True
    params:
        code=composition_tables.figure_code(STUDY, "word_lists"),
        entry=composition_tables.figure_entry(STUDY, "word_lists"),
        settings=composition_tables.figure_settings(STUDY, "word_lists"),


use rule plot_theory as plot_appendix_word_lists with:
    input:
        shares="<results>/tables/word_lists.tsv",
    output:
        svg=report(
            "<results>/figures/appendix_word_lists.svg",
            caption="../../report/word_lists.rst",
            category="Word problems",
            labels={"figure": "invented words, every library"},
        ),
        png="<results>/figures/appendix_word_lists.png",
        pdf="<results>/figures/appendix_word_lists.pdf",
    log:
        "<logs>/plot_appendix_word_lists.log",
    localrule: True
    params:
        code=composition_tables.figure_code(STUDY, "appendix_word_lists"),
        entry=composition_tables.figure_entry(STUDY, "appendix_word_lists"),
        settings=composition_tables.figure_settings(STUDY, "appendix_word_lists"),


use rule plot_theory as plot_routing with:
    input:
        routing="<results>/tables/routing.tsv",
    output:
        svg=report(
            "<results>/figures/routing.svg",
            caption="../../report/routing.rst",
            category="Two hops",
            labels={"figure": "routing"},
        ),
        png="<results>/figures/routing.png",
        pdf="<results>/figures/routing.pdf",
    log:
        "<logs>/plot_routing.log",
    localrule: True
    params:
        code=composition_tables.figure_code(STUDY, "routing"),
        entry=composition_tables.figure_entry(STUDY, "routing"),
        settings=composition_tables.figure_settings(STUDY, "routing"),


use rule plot_theory as plot_places with:
    input:
        shares="<results>/tables/places.tsv",
    output:
        svg=report(
            "<results>/figures/places.svg",
            caption="../../report/places.rst",
            category="A real model",
            labels={"figure": "familiarity"},
        ),
        png="<results>/figures/places.png",
        pdf="<results>/figures/places.pdf",
    log:
        "<logs>/plot_places.log",
    localrule: True
    params:
        code=composition_tables.figure_code(STUDY, "places"),
        entry=composition_tables.figure_entry(STUDY, "places"),
        settings=composition_tables.figure_settings(STUDY, "places"),


use rule plot_theory as plot_appendix_places with:
    input:
        shares="<results>/tables/places.tsv",
    output:
        svg=report(
            "<results>/figures/appendix_places.svg",
            caption="../../report/places.rst",
            category="A real model",
            labels={"figure": "familiarity, every library"},
        ),
        png="<results>/figures/appendix_places.png",
        pdf="<results>/figures/appendix_places.pdf",
    log:
        "<logs>/plot_appendix_places.log",
    localrule: True
    params:
        code=composition_tables.figure_code(STUDY, "appendix_places"),
        entry=composition_tables.figure_entry(STUDY, "appendix_places"),
        settings=composition_tables.figure_settings(STUDY, "appendix_places"),
