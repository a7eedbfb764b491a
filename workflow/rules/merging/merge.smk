# Stage: one adapter from many, for each arm, task and replicate. Test rows never enter here.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/ (train, valid), <results>/pool/,
#                  <results>/rankings/, <results>/fresh/
# OUTPUTS: <results>/merged/{arm}/{task}/{replicate}/ (PEFT folder or routed.json with
#          routed.safetensors; card, NOTICE, merge.json, coefficients.tsv, curve.tsv)
from dataclasses import asdict

from recycling.plan.work import merging, units
from recycling.plan.work.base import gpus, one_of


rule merge_adapters:
    """Merge the adapters of one arm into one."""
    input:
        model="<results>/base/model",
        modules="<results>/base/modules.tsv",
        runtime="<results>/base/runtime.json",
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        ranking=plan(merging.arm_ranking),
        shards=plan(merging.arm_shards),
        fresh=plan(merging.arm_fresh),
        stand_ins=plan(merging.arm_stand_ins),
    output:
        config="<results>/merged/{arm}/{task}/{replicate}/adapter_config.json",
        weights="<results>/merged/{arm}/{task}/{replicate}/adapter_model.safetensors",
        card="<results>/merged/{arm}/{task}/{replicate}/README.md",
        notice="<results>/merged/{arm}/{task}/{replicate}/NOTICE",
        record="<results>/merged/{arm}/{task}/{replicate}/merge.json",
        coefficients="<results>/merged/{arm}/{task}/{replicate}/coefficients.tsv",
        curve="<results>/merged/{arm}/{task}/{replicate}/curve.tsv",
    log:
        "<logs>/merge_adapters/{arm}/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/merge_adapters/{arm}/{task}/{replicate}.tsv"
    wildcard_constraints:
        arm=one_of(merging.folded_arms(STUDY)),
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        gpu=gpus(STUDY.runtime),
    params:
        code=plan(merging.merge_code),
        recipe=plan(merging.merge_recipe),
        base_name=STUDY.base.name,
        seed=plan(units.replicate_seed),
        conduct=asdict(STUDY.protocol.conduct),
    script:
        "../../scripts/merging/merge_adapters.py"


use rule merge_adapters as route_adapters with:
    output:
        config="<results>/merged/{arm}/{task}/{replicate}/routed.json",
        weights="<results>/merged/{arm}/{task}/{replicate}/routed.safetensors",
        card="<results>/merged/{arm}/{task}/{replicate}/README.md",
        notice="<results>/merged/{arm}/{task}/{replicate}/NOTICE",
        record="<results>/merged/{arm}/{task}/{replicate}/merge.json",
        coefficients="<results>/merged/{arm}/{task}/{replicate}/coefficients.tsv",
        curve="<results>/merged/{arm}/{task}/{replicate}/curve.tsv",
    wildcard_constraints:
        arm=one_of(merging.routed_arms(STUDY)),
