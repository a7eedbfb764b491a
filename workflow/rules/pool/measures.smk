# Stage: what is measured of each adapter of the pool for a task, which selectors rest on.
# REQUIRED INPUTS: <results>/pool/, <results>/tasks/, <results>/fresh/ for measures that ask for it
# OUTPUTS: <results>/pool_scores/{task}/{replicate}/{shard}.tsv, of all tasks in one job,
#          <results>/pool_closeness/{selector}/{task}/{replicate}/{shard}.tsv,
#          <results>/pool_gains/{selector}/{task}/{replicate}/{shard}.tsv,
#          <results>/pool_halving/{task}/{replicate}/pool.tsv,
#          <results>/pool/cards.tsv and <results>/pool_cards/{task}/{replicate}/pool.tsv,
#          <results>/oracle_scores/{task}/{replicate}/{shard}.tsv, from test rows and only for
#          rankings/oracle/
from recycling.plan.work import pool, selection, units
from recycling.plan.work.base import code, gpus, one_of
from recycling.pool import GAINS, SCORES, SELECTORS, TEST_SCORES

# The tasks that a job measures the adapters of a shard on.
SCORED = selection.measured_tasks(STUDY, SCORES)
SCORED_ON_TEST = selection.measured_tasks(STUDY, TEST_SCORES)
SCREENED = selection.measured_tasks(STUDY, GAINS)
# The ways in which a job measures how close adapters are.
CLOSE = selection.closeness_measures(STUDY)


wildcard_constraints:
    selector=one_of(SELECTORS),


rule score_pool:
    """Score base + adapter on labelled rows of every task, for every adapter of a shard."""
    input:
        model="<results>/base/model",
        checksums="<results>/base/checksums.json",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
        rows=plan(selection.scored_rows_of_tasks),
        tasks=collect("<results>/tasks/{task}/{{replicate}}/task.json", task=SCORED),
    output:
        scores=collect("<results>/pool_scores/{task}/{{replicate}}/{{shard}}.tsv", task=SCORED),
        records=collect("<results>/pool_scores/{task}/{{replicate}}/{{shard}}.json", task=SCORED),
        seconds=collect(
            "<results>/seconds/score_pool/{task}/{{replicate}}/{{shard}}.tsv", task=SCORED
        ),
    log:
        "<logs>/score_pool/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/score_pool/{replicate}/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("pool/score_pool"),
        names=SCORED,
        metrics=selection.scored_metrics(STUDY),
        most=STUDY.pool.scoring.rows,
        cap=STUDY.max_new_tokens,
        store=plan(selection.score_store),
    script:
        "../../scripts/pool/score_pool.py"


use rule score_pool as score_on_test with:
    input:
        model="<results>/base/model",
        checksums="<results>/base/checksums.json",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
        rows=collect("<results>/tasks/{task}/{{replicate}}/test.jsonl", task=SCORED_ON_TEST),
        tasks=collect("<results>/tasks/{task}/{{replicate}}/task.json", task=SCORED_ON_TEST),
    output:
        scores=collect(
            "<results>/oracle_scores/{task}/{{replicate}}/{{shard}}.tsv", task=SCORED_ON_TEST
        ),
        records=collect(
            "<results>/oracle_scores/{task}/{{replicate}}/{{shard}}.json", task=SCORED_ON_TEST
        ),
        seconds=collect(
            "<results>/seconds/score_on_test/{task}/{{replicate}}/{{shard}}.tsv",
            task=SCORED_ON_TEST,
        ),
    log:
        "<logs>/score_on_test/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/score_on_test/{replicate}/{shard}.tsv"
    params:
        code=code("pool/score_pool"),
        names=SCORED_ON_TEST,
        metrics=selection.oracle_metrics(STUDY),
        most=None,
        cap=STUDY.max_new_tokens,
        store=plan(selection.oracle_store),


rule halve_pool:
    """Score the whole pool by successive halving over labelled rows."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        shards=plan(pool.shard_folders),
        rows=plan(selection.scored_rows),
        task="<results>/tasks/{task}/{replicate}/task.json",
    output:
        scores="<results>/pool_halving/{task}/{replicate}/pool.tsv",
        record="<results>/pool_halving/{task}/{replicate}/pool.json",
        seconds="<results>/seconds/halve_pool/{task}/{replicate}/pool.tsv",
    log:
        "<logs>/halve_pool/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/halve_pool/{task}/{replicate}/pool.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("pool/halve_pool"),
        metric=STUDY.pool.scoring.metric,
        most=STUDY.pool.scoring.rows,
        first=STUDY.pool.scoring.first_rows,
        cap=STUDY.max_new_tokens,
        seed=plan(units.replicate_seed),
    script:
        "../../scripts/pool/halve_pool.py"


rule compare_pool:
    """Measure how close the weights of each adapter of a shard are to the fresh LoRA, in every way."""
    input:
        modules="<results>/base/modules.tsv",
        shard="<results>/pool/adapters/{shard}",
        fresh=plan(selection.fresh_adapter),
    output:
        scores=collect(
            "<results>/pool_closeness/{selector}/{{task}}/{{replicate}}/{{shard}}.tsv",
            selector=CLOSE,
        ),
        records=collect(
            "<results>/pool_closeness/{selector}/{{task}}/{{replicate}}/{{shard}}.json",
            selector=CLOSE,
        ),
        seconds=collect(
            "<results>/seconds/compare_pool/{selector}/{{task}}/{{replicate}}/{{shard}}.tsv",
            selector=CLOSE,
        ),
    log:
        "<logs>/compare_pool/{task}/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/compare_pool/{task}/{replicate}/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code("pool/compare_pool"),
        measures=CLOSE,
    script:
        "../../scripts/pool/compare_pool.py"


rule screen_pool:
    """Estimate from one gradient a task how much each adapter of a shard would lower the loss."""
    input:
        model="<results>/base/model",
        checksums="<results>/base/checksums.json",
        runtime="<results>/base/runtime.json",
        shard="<results>/pool/adapters/{shard}",
        rows=plan(selection.screened_rows_of_tasks),
        tasks=collect("<results>/tasks/{task}/{{replicate}}/task.json", task=SCREENED),
        fresh=plan(selection.gradient_points),
    output:
        scores=collect(
            "<results>/pool_gains/{{selector}}/{task}/{{replicate}}/{{shard}}.tsv", task=SCREENED
        ),
        records=collect(
            "<results>/pool_gains/{{selector}}/{task}/{{replicate}}/{{shard}}.json", task=SCREENED
        ),
        seconds=collect(
            "<results>/seconds/screen_pool/{{selector}}/{task}/{{replicate}}/{{shard}}.tsv",
            task=SCREENED,
        ),
    log:
        "<logs>/screen_pool/{selector}/{replicate}/{shard}.log",
    benchmark:
        "<benchmarks>/screen_pool/{selector}/{replicate}/{shard}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("pool/screen_pool"),
        names=SCREENED,
        rows=STUDY.pool.scoring.rows,
        store=plan(selection.screen_store),
    script:
        "../../scripts/pool/screen_pool.py"


rule read_cards:
    """Read what the cards of the accepted adapters say in words, a bounded part of each."""
    input:
        accepted="<results>/pool/accepted.tsv",
        inspected="<results>/pool/inspected.jsonl",
    output:
        cards="<results>/pool/cards.tsv",
    log:
        "<logs>/read_cards.log",
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/read_cards"),
        hub=pool.hub(STUDY),
    script:
        "../../scripts/pool/read_cards.py"


rule compare_cards:
    """Measure how near the card of each adapter is to the labelled rows of a task, by its words."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        cards="<results>/pool/cards.tsv",
        rows=plan(selection.scored_rows),
        task="<results>/tasks/{task}/{replicate}/task.json",
    output:
        scores="<results>/pool_cards/{task}/{replicate}/pool.tsv",
        record="<results>/pool_cards/{task}/{replicate}/pool.json",
        seconds="<results>/seconds/compare_cards/{task}/{replicate}/pool.tsv",
    log:
        "<logs>/compare_cards/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/compare_cards/{task}/{replicate}/pool.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("pool/compare_cards"),
        most=STUDY.pool.scoring.rows,
    script:
        "../../scripts/pool/compare_cards.py"
