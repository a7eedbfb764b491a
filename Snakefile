"""Recycle or Retrain: recycle a pool of LoRA adapters, or train one fresh LoRA?"""

from snakemake.utils import min_version

min_version("9.25")


# A study given with --configfile replaces the default study; Snakemake would merge the two.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


include: "workflow/rules/study.smk"


pathvars:
    results=f"results/{STUDY['study']}",
    logs=f"results/{STUDY['study']}/logs",
    benchmarks=f"results/{STUDY['study']}/benchmarks",


report: "workflow/report/workflow.rst"


# Each kind of study is a chain of stages, one file of rules for each.
if STUDY["kind"] == "merging":

    include: "workflow/rules/pool_inputs.smk"
    include: "workflow/rules/common.smk"
    include: "workflow/rules/inputs.smk"
    include: "workflow/rules/publish_inputs.smk"
    include: "workflow/rules/base.smk"
    include: "workflow/rules/runtime.smk"
    include: "workflow/rules/community.smk"
    include: "workflow/rules/pool.smk"
    include: "workflow/rules/tasks.smk"
    include: "workflow/rules/baselines.smk"
    include: "workflow/rules/select.smk"
    include: "workflow/rules/merge.smk"
    include: "workflow/rules/evaluate.smk"
    include: "workflow/rules/publish.smk"
    include: "workflow/rules/experiments.smk"

elif STUDY["kind"] == "replay":

    include: "workflow/rules/replay_inputs.smk"
    include: "workflow/rules/replay.smk"

elif STUDY["kind"] == "composition":

    if "base" in STUDY:

        include: "workflow/rules/base.smk"
    include: "workflow/rules/composition_inputs.smk"
    include: "workflow/rules/composition.smk"

elif STUDY["kind"] == "preconditions":

    include: "workflow/rules/pool_inputs.smk"
    include: "workflow/rules/preconditions_inputs.smk"
    include: "workflow/rules/base.smk"
    include: "workflow/rules/runtime.smk"
    include: "workflow/rules/community.smk"
    include: "workflow/rules/pool.smk"
    include: "workflow/rules/preconditions.smk"


include: "workflow/rules/record.smk"


rule all:
    default_target: True
    input:
        PRODUCTS,
        "<results>/provenance.json",
