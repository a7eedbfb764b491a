# Stage: labelled rows of the target tasks.
# REQUIRED INPUTS: none (built-in data or the user's file)
# OUTPUTS: <results>/tasks/{task}/{replicate}/{train,valid,test}.jsonl, task.json, dropped.tsv


def task_source(wildcards):
    """Source and options of a task."""
    return STUDY["tasks"][wildcards.task]


def task_file(wildcards):
    """The user's own file, so that an edit of it is noticed; nothing for other sources."""
    return STUDY["tasks"][wildcards.task].get("path", [])


def task_code(wildcards):
    """Digest of the script and of this task's source."""
    source = STUDY["tasks"][wildcards.task]["source"]
    return digest("prepare_task", settings.table("task_sources")[source])


rule prepare_task:
    """Draw the labelled and the test rows of a task for one replicate."""
    input:
        file=task_file,
    output:
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
        test="<results>/tasks/{task}/{replicate}/test.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        dropped="<results>/tasks/{task}/{replicate}/dropped.tsv",
    log:
        "<logs>/prepare_task/{task}/{replicate}.log",
    localrule: True
    threads: 1
    params:
        code=task_code,
        source=task_source,
        split=STUDY["split"],
        seed=STUDY["seed"],
    script:
        "../scripts/prepare_task.py"
