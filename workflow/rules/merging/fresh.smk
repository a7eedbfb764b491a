# Stage: the fresh LoRA, trained on the labelled rows alone.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/
# OUTPUTS: <results>/fresh/{recipe}/{task}/{replicate}/ (PEFT folder, curve.tsv, training.json),
#          <results>/fresh_tuning/{recipe}/{task}/{replicate}/ (what was tried, and what was chosen),
#          <results>/fresh_folds/{recipe}/{folds}/{task}/{replicate}/{fold}/ (the same, without a fold)
from dataclasses import asdict

from recycling.plan.work import merging, units
from recycling.plan.work.base import code, gpus, one_of


wildcard_constraints:
    recipe=one_of(STUDY.fresh_recipes),
    fold=r"\d+",
    folds=r"\d+",


rule tune_fresh:
    """Choose options of the fresh LoRA by cross-validation within its training rows."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
    output:
        tuning="<results>/fresh_tuning/{recipe}/{task}/{replicate}/tuning.tsv",
        choice="<results>/fresh_tuning/{recipe}/{task}/{replicate}/choice.json",
        seconds="<results>/seconds/tune_fresh/{recipe}/{task}/{replicate}.tsv",
    log:
        "<logs>/tune_fresh/{recipe}/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/tune_fresh/{recipe}/{task}/{replicate}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("merging/tune_fresh"),
        recipe=plan(merging.fresh_recipe),
        tune=plan(merging.tune),
        seed=plan(units.replicate_seed),
        conduct=asdict(STUDY.protocol.conduct),
    script:
        "../../scripts/merging/tune_fresh.py"


rule train_fresh:
    """Train the fresh LoRA of a target task by one of the recipes."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        choice=plan(merging.choice),
    output:
        config="<results>/fresh/{recipe}/{task}/{replicate}/adapter_config.json",
        weights="<results>/fresh/{recipe}/{task}/{replicate}/adapter_model.safetensors",
        curve="<results>/fresh/{recipe}/{task}/{replicate}/curve.tsv",
        training="<results>/fresh/{recipe}/{task}/{replicate}/training.json",
        seconds="<results>/seconds/train_fresh/{recipe}/{task}/{replicate}.tsv",
    log:
        "<logs>/train_fresh/{recipe}/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/train_fresh/{recipe}/{task}/{replicate}.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("merging/train_fresh"),
        base_name=STUDY.base.name,
        recipe=plan(merging.fresh_recipe),
        seed=plan(units.replicate_seed),
        conduct=asdict(STUDY.protocol.conduct),
        fold=None,
    script:
        "../../scripts/merging/train_fresh.py"


use rule train_fresh as train_fold with:
    output:
        config="<results>/fresh_folds/{recipe}/{folds}/{task}/{replicate}/{fold}/adapter_config.json",
        weights="<results>/fresh_folds/{recipe}/{folds}/{task}/{replicate}/{fold}/adapter_model.safetensors",
        curve="<results>/fresh_folds/{recipe}/{folds}/{task}/{replicate}/{fold}/curve.tsv",
        training="<results>/fresh_folds/{recipe}/{folds}/{task}/{replicate}/{fold}/training.json",
        seconds="<results>/seconds/train_fold/{recipe}/{folds}/{task}/{replicate}/{fold}.tsv",
    log:
        "<logs>/train_fold/{recipe}/{folds}/{task}/{replicate}/{fold}.log",
    benchmark:
        "<benchmarks>/train_fold/{recipe}/{folds}/{task}/{replicate}/{fold}.tsv"
    params:
        code=code("merging/train_fresh"),
        base_name=STUDY.base.name,
        recipe=plan(merging.fresh_recipe),
        seed=plan(units.replicate_seed),
        conduct=asdict(STUDY.protocol.conduct),
        fold=plan(merging.left_out),
