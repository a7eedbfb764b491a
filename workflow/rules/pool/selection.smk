# Stage: which adapters of the pool a merge takes.
# REQUIRED INPUTS: <results>/pool/, <results>/tasks/, <results>/fresh/ for selectors that ask for it
# OUTPUTS: <results>/pool_scores/{task}/{replicate}/{shard}.tsv,
#          <results>/pool_closeness/{selector}/{task}/{replicate}/{shard}.tsv,
#          <results>/pool_gains/{selector}/{task}/{replicate}/{shard}.tsv,
#          <results>/pool_halving/{task}/{replicate}/pool.tsv,
#          <results>/oracle_scores/{task}/{replicate}/{shard}.tsv, from test rows and only for
#          rankings/oracle/,
#          <results>/rankings/{selector}/{subpool}/{task}/{replicate}.tsv,
#          <results>/tables/selection.tsv


rule score_pool:
    """Score base + adapter on labelled rows, for every adapter of a shard."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
        rows=scored_rows,
        task="<results>/tasks/{task}/{replicate}/task.json",
    output:
        scores="<results>/pool_scores/{task}/{replicate}/{shard}.tsv",
        record="<results>/pool_scores/{task}/{replicate}/{shard}.json",
    log:
        "<logs>/score_pool/{task}/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/score_pool/{task}/{replicate}/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=int(ON_GPU),
    params:
        code=source_digest("pool/score_pool"),
        metrics=SCORED,
        most=STUDY["pool"]["scoring"]["rows"],
        cap=STUDY["max_new_tokens"],
    script:
        "../../scripts/pool/score_pool.py"


use rule score_pool as score_on_test with:
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
        rows=["<results>/tasks/{task}/{replicate}/test.jsonl"],
        task="<results>/tasks/{task}/{replicate}/task.json",
    output:
        scores="<results>/oracle_scores/{task}/{replicate}/{shard}.tsv",
        record="<results>/oracle_scores/{task}/{replicate}/{shard}.json",
    log:
        "<logs>/score_on_test/{task}/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/score_on_test/{task}/{replicate}/{shard}.tsv"
    params:
        code=source_digest("pool/score_pool"),
        metrics=[MEASURED["oracle"]],
        most=None,
        cap=STUDY["max_new_tokens"],


rule halve_pool:
    """Score the whole pool by successive halving over labelled rows."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        shards=shard_folders,
        rows=scored_rows,
        task="<results>/tasks/{task}/{replicate}/task.json",
    output:
        scores="<results>/pool_halving/{task}/{replicate}/pool.tsv",
        record="<results>/pool_halving/{task}/{replicate}/pool.json",
    log:
        "<logs>/halve_pool/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/halve_pool/{task}/{replicate}/pool.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=int(ON_GPU),
    params:
        code=source_digest("pool/halve_pool"),
        metric=MEASURED["evaluation"],
        scoring=STUDY["pool"]["scoring"],
        cap=STUDY["max_new_tokens"],
        seed=replicate_seed,
    script:
        "../../scripts/pool/halve_pool.py"


rule compare_pool:
    """Closeness of every adapter of a shard to the fresh LoRA, in the weights."""
    input:
        modules="<results>/base/modules.tsv",
        shard="<results>/pool/adapters/{shard}",
        fresh=fresh_adapter,
    output:
        scores="<results>/pool_closeness/{selector}/{task}/{replicate}/{shard}.tsv",
        record="<results>/pool_closeness/{selector}/{task}/{replicate}/{shard}.json",
    log:
        "<logs>/compare_pool/{selector}/{task}/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/compare_pool/{selector}/{task}/{replicate}/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=source_digest("pool/compare_pool"),
    script:
        "../../scripts/pool/compare_pool.py"


rule screen_pool:
    """First-order gain of every adapter of a shard, from one backward pass over labelled rows."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
        rows=scored_rows,
        task="<results>/tasks/{task}/{replicate}/task.json",
        fresh=gradient_point,
    output:
        scores="<results>/pool_gains/{selector}/{task}/{replicate}/{shard}.tsv",
        record="<results>/pool_gains/{selector}/{task}/{replicate}/{shard}.json",
    log:
        "<logs>/screen_pool/{selector}/{task}/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/screen_pool/{selector}/{task}/{replicate}/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        gpu=int(ON_GPU),
    params:
        code=source_digest("pool/screen_pool"),
        rows=STUDY["pool"]["scoring"]["rows"],
    script:
        "../../scripts/pool/screen_pool.py"


rule rank_adapters:
    """Rank the accepted pool, or a part of it, for a target task by one selector."""
    input:
        accepted="<results>/pool/accepted.tsv",
        evidence=selection_evidence,
        published=["<results>/community/published.tsv"] if BY_COMMUNITY else [],
    output:
        ranking="<results>/rankings/{selector}/{subpool}/{task}/{replicate}.tsv",
    log:
        "<logs>/rank_adapters/{selector}/{subpool}/{task}/{replicate}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("pool/rank_adapters"),
        metric=selector_metric,
        subpool=subpool_recipe,
        relatives=target_relatives,
        limits={
            "max_per_owner": STUDY["pool"].get("max_per_owner"),
            "one_per_family": STUDY["pool"]["one_per_family"],
        },
        seed=replicate_seed,
    script:
        "../../scripts/pool/rank_adapters.py"


rule collect_rankings:
    """All rankings of the study in one table."""
    input:
        rankings=["<results>/rankings/{}/{}/{}/{}.tsv".format(*cell) for cell in RANKED],
    output:
        selection="<results>/tables/selection.tsv",
    log:
        "<logs>/collect_rankings.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("pool/collect_rankings"),
        cells=RANKED,
    script:
        "../../scripts/pool/collect_rankings.py"
