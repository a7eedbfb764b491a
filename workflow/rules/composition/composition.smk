# Stage: a composition study, from its worlds to tables. The whole of that kind of study.
# REQUIRED INPUTS: <results>/base/model and runtime.json, only if a subject's base is fetched
# OUTPUTS: <results>/bases/{base}/{replicate}/, <results>/experts/{scene}/{replicate}/,
#          <results>/answers/{scene}/{replicate}{,_weights}.parquet,
#          <results>/tables/{theory,routing,claims}.tsv, <results>/tables/composition.md,
#          <results>/tables/{subject}{,_contrasts,_gates}.tsv
from recycling.plan.work import composition, composition_tables
from recycling.plan.work.base import code, one_of

PRODUCTS = composition_tables.products(STUDY)
DRAWINGS = composition_tables.drawings(STUDY)


wildcard_constraints:
    base=one_of(composition.trained_bases(STUDY)),
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
