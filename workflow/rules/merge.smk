# Stage: one adapter from many, for each arm, task and replicate. Test rows never enter here.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/ (train, valid), <results>/pool/,
#                  <results>/rankings/, <results>/fresh/
# OUTPUTS: <results>/merged/{arm}/{task}/{replicate}/ (PEFT folder, card, coefficients, curve)


def arm_recipe(wildcards):
    """The configuration of an arm."""
    return STUDY["arms"][wildcards.arm]


def arm_ranking(wildcards):
    """The ranking that an arm takes its first k adapters from."""
    arm = STUDY["arms"][wildcards.arm]
    if arm["pool"] == "none":
        return []
    return f"<results>/rankings/{arm['select']}/{wildcards.task}/{wildcards.replicate}.tsv"


def arm_shards(wildcards):
    """The shards of the pool, for arms that draw on it."""
    if STUDY["arms"][wildcards.arm]["pool"] == "none":
        return []
    return collect("<results>/pool/adapters/{shard}", shard=shards(wildcards))


def arm_fresh(wildcards):
    """The fresh LoRA, for arms that it joins."""
    if not STUDY["arms"][wildcards.arm]["fresh"]:
        return []
    return f"<results>/fresh/{wildcards.task}/{wildcards.replicate}/adapter_config.json"


def merge_code(wildcards):
    """Digest of the script and of this arm's merging method."""
    method = STUDY["arms"][wildcards.arm]["merge"]["method"]
    return digest("merge_adapters", settings.table("methods")[method])


rule merge_adapters:
    """Merge the adapters of one arm."""
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
    output:
        config="<results>/merged/{arm}/{task}/{replicate}/adapter_config.json",
        weights="<results>/merged/{arm}/{task}/{replicate}/adapter_model.safetensors",
        card="<results>/merged/{arm}/{task}/{replicate}/README.md",
        record="<results>/merged/{arm}/{task}/{replicate}/merge.json",
        coefficients="<results>/merged/{arm}/{task}/{replicate}/coefficients.tsv",
        curve="<results>/merged/{arm}/{task}/{replicate}/curve.tsv",
    log:
        "<logs>/merge_adapters/{arm}/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/merge_adapters/{arm}/{task}/{replicate}.tsv"
    threads: 1
    resources:
        mem_mb=3000,
        gpu=int(ON_GPU),
    params:
        code=merge_code,
        recipe=arm_recipe,
        base_name=STUDY["base"]["name"],
        seed=replicate_seed,
    script:
        "../scripts/merge_adapters.py"
