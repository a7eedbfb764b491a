# Stage: labelled rows of the target tasks.
# REQUIRED INPUTS: none (built-in data, the user's file, or the Hub)
# OUTPUTS: <results>/tasks/{task}/{replicate}/{train,valid,test}.jsonl, task.json, dropped.tsv
from recycling.plan.work import tasks
from recycling.plan.work.base import one_of


wildcard_constraints:
    task=one_of(STUDY.tasks),
    replicate=r"\d+(\.\d+)?",  # of a study with folds: replicate.fold


rule prepare_task:
    """Draw the labelled and the test rows of a task for one replicate."""
    input:
        file=plan(tasks.task_file),
    output:
        train="<results>/tasks/{task}/{replicate}/train.jsonl",
        valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
        test="<results>/tasks/{task}/{replicate}/test.jsonl",
        task="<results>/tasks/{task}/{replicate}/task.json",
        dropped="<results>/tasks/{task}/{replicate}/dropped.tsv",
    log:
        "<logs>/prepare_task/{task}/{replicate}.log",
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=plan(tasks.task_code),
        source=plan(tasks.task_source),
        options=plan(tasks.task_options),
        split=plan(tasks.task_split),
        aside=plan(tasks.set_aside),
        whole=plan(tasks.whole),
        replicate=plan(tasks.labelled_replicate),
        seed=STUDY.seed,
    script:
        "../../scripts/tasks/prepare_task.py"
