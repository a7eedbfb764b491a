# Stage: a pool that the study makes itself, for studies without a hub.
# REQUIRED INPUTS: <results>/base/
# OUTPUTS: <results>/community_batches/{batch}/{adapter}/ (PEFT folders), the same files in
#          <results>/community/adapters/{adapter}/, <results>/community/published.tsv,
#          <results>/hub/ (Hugging Face cache layout)
from recycling.plan.wiring import built_in
from recycling.plan.work import pool
from recycling.plan.work.base import code, gpus


wildcard_constraints:
    batch=r"\d+",


rule train_community:
    """Train some adapters of the pool for other tasks, each with a rank, scale and modules of its own."""
    input:
        model="<results>/base/model",
        checksums="<results>/base/checksums.json",
        runtime="<results>/base/runtime.json",
    output:
        trained=directory("<results>/community_batches/{batch}"),
    log:
        "<logs>/train_community/{batch}.log",
    benchmark:
        "<benchmarks>/train_community/{batch}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        trainings=plan(pool.batch_trainings),
        base_name=STUDY.base.name,
        community=list(pool.trained(STUDY)),
        store=pool.community_store(STUDY),
    script:
        "../../scripts/community/train_community.py"


rule gather_community:
    """Put the trained adapters of all jobs side by side."""
    input:
        trained=collect("<results>/community_batches/{batch}", batch=pool.batches(STUDY)),
    output:
        # One output: Snakemake compares each file that a job asks for with each that another makes.
        adapters=directory("<results>/community/adapters"),
    log:
        "<logs>/gather_community.log",
    benchmark:
        "<benchmarks>/gather_community.tsv"
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("community/gather_community"),
        negated=pool.negated(STUDY),
    script:
        "../../scripts/community/gather_community.py"


rule publish_community:
    """Publish the trained adapters as a hub folder, with some repositories that cannot be used."""
    input:
        adapters="<results>/community/adapters",
    output:
        hub=directory("<results>/hub"),
        published="<results>/community/published.tsv",
    log:
        "<logs>/publish_community.log",
    benchmark:
        "<benchmarks>/publish_community.tsv"
    localrule: True
    conda:
        "../../../envs/models.yaml"
    threads: 1
    params:
        code=code("community/publish_community"),
        base_name=STUDY.base.name,
        publications=built_in(pool.publications(STUDY)),
        seed=pool.publish_seed(STUDY),
        cards=pool.community_cards(STUDY),
    script:
        "../../scripts/community/publish_community.py"
