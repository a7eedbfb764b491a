# Stage: one adapter from many, for each arm, task and replicate. Test rows never enter here.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/ (train, valid), <results>/pool/,
#                  <results>/rankings/, <results>/fresh/
# OUTPUTS: <results>/merged/{arm}/{task}/{replicate}/ (PEFT folder or routed.json with
#          routed.safetensors; card, NOTICE, merge.json, coefficients.tsv, curve.tsv)


rule merge_adapters:
    """Merge the adapters of one arm into one."""
    input:
        model="<results>/base/model",
        modules="<results>/base/modules.tsv",
        runtime="<results>/base/runtime.json",
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        ranking=arm_ranking,
        shards=arm_shards,
        fresh=arm_fresh,
        stand_ins=arm_stand_ins,
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
        arm=one_of(arm for arm in MERGED_ARMS if arm not in ROUTED_ARMS),
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        gpu=int(ON_GPU),
    params:
        code=merge_code,
        recipe=arm_recipe,
        base_name=STUDY["base"]["name"],
        seed=replicate_seed,
        conduct=CONDUCT,
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
        arm=one_of(ROUTED_ARMS),
