# Stage: a check of preconditions, from a vetted pool and a file of two-hop questions to a page.
# REQUIRED INPUTS: <results>/base/, <results>/pool/{accepted.tsv,adapters/}, the user's questions
# OUTPUTS: <results>/answers/{base,alone/{shard},experts/{rule}}.parquet, <results>/experts.tsv,
#          <results>/tables/preconditions.{tsv,md}
from recycling.plan.work import pool, preconditions
from recycling.plan.work.base import code, gpus, one_of

PRODUCTS = preconditions.products(STUDY)
DRAWINGS = preconditions.drawings(STUDY)


wildcard_constraints:
    rule=one_of(STUDY.rules),


rule ask_base:
    """Put every question to the bare base."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        questions=STUDY.questions,
    output:
        answers="<results>/answers/base.parquet",
    log:
        "<logs>/ask_base.log",
    benchmark:
        "<benchmarks>/ask_base.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("preconditions/ask_alone"),
        cap=STUDY.max_new_tokens,
    script:
        "../../scripts/preconditions/ask_alone.py"


use rule ask_base as ask_alone with:
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        questions=STUDY.questions,
        accepted="<results>/pool/accepted.tsv",
        shard="<results>/pool/adapters/{shard}",
    output:
        answers="<results>/answers/alone/{shard}.parquet",
    log:
        "<logs>/ask_alone/{shard}.log",
    benchmark:
        "<benchmarks>/ask_alone/{shard}.tsv"


rule choose_experts:
    """Choose the expert of each hop where none is named, and those that join the merge."""
    input:
        accepted="<results>/pool/accepted.tsv",
        published=pool.published(STUDY),
        answers=plan(preconditions.answers_that_choose),
        questions=STUDY.questions,
    output:
        experts="<results>/experts.tsv",
    log:
        "<logs>/choose_experts.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("preconditions/choose_experts"),
        named=STUDY.experts.named,
        others=STUDY.experts.others,
        choosing=STUDY.choosing,
        seed=STUDY.seed,
    script:
        "../../scripts/preconditions/choose_experts.py"


rule ask_experts:
    """Ask one merge of the experts the questions that count for the verdict."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        questions=STUDY.questions,
        experts="<results>/experts.tsv",
        shards=plan(pool.shard_folders),
    output:
        answers="<results>/answers/experts/{rule}.parquet",
    log:
        "<logs>/ask_experts/{rule}.log",
    benchmark:
        "<benchmarks>/ask_experts/{rule}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=plan(preconditions.rule_code),
        rule=plan(preconditions.rule_recipe),
        cap=STUDY.max_new_tokens,
        choosing=STUDY.choosing,
        seed=STUDY.seed,
    script:
        "../../scripts/preconditions/ask_experts.py"


rule judge_preconditions:
    """Compute every share with its tests, and write the page with the conclusions."""
    input:
        base="<results>/answers/base.parquet",
        alone=plan(preconditions.answers_alone),
        experts="<results>/experts.tsv",
        together=preconditions.answers_together(STUDY),
        questions=STUDY.questions,
    output:
        table="<results>/tables/preconditions.tsv",
        page="<results>/tables/preconditions.md",
    log:
        "<logs>/judge_preconditions.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("preconditions/judge_preconditions"),
        study=STUDY.study,
        enough=STUDY.enough,
        choosing=STUDY.choosing,
        seed=STUDY.seed,
    script:
        "../../scripts/preconditions/judge_preconditions.py"
