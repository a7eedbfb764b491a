# Stage: answers of every arm on the test rows, and their scores.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/ (test), <results>/merged/
# OUTPUTS: <results>/predictions/{arm}/{task}/{replicate}.parquet, <results>/tables/scores.tsv


rule predict:
    """Answer the test rows of a task and replicate with every arm."""
    input:
        model="<results>/base/model",
        runtime="<results>/base/runtime.json",
        test="<results>/tasks/{task}/{replicate}/test.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        records=collect("<results>/merged/{arm}/{{task}}/{{replicate}}/merge.json", arm=MERGED_ARMS),
        weights=collect(
            "<results>/merged/{arm}/{{task}}/{{replicate}}/adapter_model.safetensors",
            arm=MERGED_ARMS,
        ),
    output:
        predictions=collect("<results>/predictions/{arm}/{{task}}/{{replicate}}.parquet", arm=ARMS),
    log:
        "<logs>/predict/{task}/{replicate}.log",
    benchmark:
        "<benchmarks>/predict/{task}/{replicate}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2500,
        gpu=int(ON_GPU),
    params:
        code=source_digest("predict"),
        arms=ARMS,
        merged_arms=MERGED_ARMS,
        cap=STUDY["max_new_tokens"],
    script:
        "../scripts/predict.py"


rule score_predictions:
    """Score every stored prediction; a new metric costs no model time."""
    input:
        predictions=[
            f"<results>/predictions/{arm}/{task}/{replicate}.parquet"
            for arm, task, replicate in CELLS
        ],
    output:
        scores="<results>/tables/scores.tsv",
        examples="<results>/tables/examples.parquet",
    log:
        "<logs>/score_predictions.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    params:
        code=source_digest("score_predictions"),
        cells=CELLS,
    script:
        "../scripts/score_predictions.py"
