# Stage: the pool of other people's adapters, from a hub to canonical factors.
# REQUIRED INPUTS: a hub (the community's or the config's folder, or the network),
#                  <results>/base/modules.tsv
# OUTPUTS: <results>/pool/{candidates.tsv,inspected.jsonl,vetted.tsv,families.tsv,accepted.tsv,
#          rejected.tsv},
#          <results>/pool/adapters/{shard}/
# Every listed repository ends in exactly one row of accepted.tsv or rejected.tsv.
from recycling.plan.work import pool
from recycling.plan.work.base import code, gpus


wildcard_constraints:
    shard=r"\d+",


rule list_candidates:
    """List every repository of the hub that may hold an adapter of the base."""
    input:
        hub=pool.hub_folder(STUDY),
        ids=pool.listed_ids(STUDY),
    output:
        candidates="<results>/pool/candidates.tsv",
    log:
        "<logs>/list_candidates.log",
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/list_candidates"),
        hub=pool.hub(STUDY),
        bases=pool.bases(STUDY),
    script:
        "../../scripts/pool/list_candidates.py"


rule inspect_candidates:
    """Read config and safetensors header of each candidate, no weights."""
    input:
        candidates="<results>/pool/candidates.tsv",
    output:
        inspected="<results>/pool/inspected.jsonl",
    log:
        "<logs>/inspect_candidates.log",
    benchmark:
        "<benchmarks>/inspect_candidates.tsv"
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/inspect_candidates"),
        hub=pool.hub(STUDY),
    script:
        "../../scripts/pool/inspect_candidates.py"


checkpoint vet_pool:
    """Accept or reject each candidate with one reason, and put the accepted into shards."""
    input:
        inspected="<results>/pool/inspected.jsonl",
        modules="<results>/base/modules.tsv",
    output:
        vetted="<results>/pool/vetted.tsv",
    log:
        "<logs>/vet_pool.log",
    benchmark:
        "<benchmarks>/vet_pool.tsv"
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/vet_pool"),
        rules=pool.vetting(STUDY),
        shard_size=STUDY.pool.shard_size,
    script:
        "../../scripts/pool/vet_pool.py"


rule download_shard:
    """Fetch the weights of a shard at their commits, check them and fold their scales in."""
    input:
        vetted="<results>/pool/vetted.tsv",
        inspected="<results>/pool/inspected.jsonl",
        modules="<results>/base/modules.tsv",
    output:
        folder=directory("<results>/pool/adapters/{shard}"),
    log:
        "<logs>/download_shard/{shard}.log",
    benchmark:
        "<benchmarks>/download_shard/{shard}.tsv"
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/models.yaml"
    threads: 1
    params:
        code=code("pool/download_shard"),
        hub=pool.hub(STUDY),
        limits=pool.download_limits(STUDY),
    script:
        "../../scripts/pool/download_shard.py"


rule probe_shard:
    """See whether each adapter of a shard changes what the base says."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
    output:
        effects="<results>/pool/effects/{shard}.tsv",
    log:
        "<logs>/probe_shard/{shard}.log",
    benchmark:
        "<benchmarks>/probe_shard/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("pool/probe_shard"),
    script:
        "../../scripts/pool/probe_shard.py"


rule group_pool:
    """Find families of near-identical adapters."""
    input:
        modules="<results>/base/modules.tsv",
        shards=plan(pool.shard_folders),
    output:
        families="<results>/pool/families.tsv",
    log:
        "<logs>/group_pool.log",
    benchmark:
        "<benchmarks>/group_pool.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=code("pool/group_pool"),
    script:
        "../../scripts/pool/group_pool.py"


rule close_pool:
    """List accepted and rejected adapters of all stages; together they are all candidates."""
    input:
        candidates="<results>/pool/candidates.tsv",
        vetted="<results>/pool/vetted.tsv",
        shards=plan(pool.shard_folders),
        effects=plan(pool.shard_effects),
        families="<results>/pool/families.tsv",
    output:
        accepted="<results>/pool/accepted.tsv",
        rejected="<results>/pool/rejected.tsv",
    log:
        "<logs>/close_pool.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/close_pool"),
    script:
        "../../scripts/pool/close_pool.py"
