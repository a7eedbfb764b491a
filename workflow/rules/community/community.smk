# Stage: a pool that the study makes itself, for studies without a hub.
# REQUIRED INPUTS: <results>/base/
# OUTPUTS: <results>/community/{adapter}/ (PEFT folders), <results>/community/published.tsv,
#          <results>/hub/ (Hugging Face cache layout)
from recycling.plan.work import pool
from recycling.plan.work.base import code, gpus, one_of


wildcard_constraints:
    adapter=one_of(STUDY.community),


rule train_community_adapter:
    """Train one adapter of the pool for another task, with a rank, scale and modules of its own."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
    output:
        config="<results>/community/{adapter}/adapter_config.json",
        weights="<results>/community/{adapter}/adapter_model.safetensors",
        curve="<results>/community/{adapter}/curve.tsv",
    log:
        "<logs>/train_community_adapter/{adapter}.log",
    benchmark:
        "<benchmarks>/train_community_adapter/{adapter}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=plan(pool.community_code),
        base_name=STUDY.base.name,
        recipe=plan(pool.community_recipe),
        source=plan(pool.community_source),
        options=plan(pool.community_options),
        seed=plan(pool.community_seed),
    script:
        "../../scripts/community/train_community_adapter.py"


rule publish_community:
    """Publish the trained adapters as a hub folder, with some repositories that cannot be used."""
    input:
        weights=collect(
            "<results>/community/{adapter}/adapter_model.safetensors",
            adapter=STUDY.community,
        ),
        configs=collect(
            "<results>/community/{adapter}/adapter_config.json",
            adapter=STUDY.community,
        ),
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
        tasks=pool.community_tasks(STUDY),
        seed=pool.publish_seed(STUDY),
    script:
        "../../scripts/community/publish_community.py"
