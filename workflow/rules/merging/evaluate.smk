# Stage: answers of every arm on the test rows, and their scores.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/ (test; the others are shown in prompts or calibrate), <results>/merged/,
#                  and the sources of merges that are kept as gates: <results>/{rankings,pool,fresh}/
# OUTPUTS: <results>/predictions/{task}/{replicate}.parquet, <results>/tables/scores.tsv
# Beside them the answers of each arm are kept in <results>/parts/predict/: see
# `recycling.ground.parts`.
from recycling.plan.wiring import built_in
from recycling.plan.work import merging, put_together, units
from recycling.plan.work.base import code, gpus


rule predict:
    """Answer the test rows of a task and replicate with every arm."""
    input:
        model="<results>/base/model",
        checksums="<results>/base/checksums.json",
        runtime="<results>/base/runtime.json",
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
        test="<results>/tasks/{task}/{replicate}/test.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        records=plan(merging.merge_records),
        configs=plan(merging.merged_configs),
        weights=plan(merging.merged_weights),
        # Of the merges that are kept as gates.
        rankings=plan(put_together.rankings),
        shards=plan(put_together.shards),
        fresh=plan(put_together.fresh),
    output:
        predictions="<results>/predictions/{task}/{replicate}.parquet",
    log:
        "<logs>/predict/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/predict/{task}/{replicate}.tsv"
    # Before further merges, whose weights may go when they are worn.
    priority: 1
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("merging/predict"),
        arms=plan(merging.asking),
        merged_arms=plan(merging.worn_arms),
        recipes=plan(put_together.recipes),
        drawing=plan(put_together.drawing),
        joined=plan(put_together.joined),
        seed=plan(units.replicate_seed),
        cap=STUDY.max_new_tokens,
        store=plan(merging.answer_store),
    script:
        "../../scripts/merging/predict.py"


rule score_predictions:
    """Score every stored prediction; a new metric costs no model time."""
    input:
        predictions=merging.predictions(STUDY),
    output:
        scores="<results>/tables/scores.tsv",
        examples="<results>/tables/examples.parquet",
    log:
        "<logs>/score_predictions.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("merging/score_predictions"),
        units=built_in(units.units(STUDY)),
    script:
        "../../scripts/merging/score_predictions.py"
