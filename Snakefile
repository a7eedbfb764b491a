"""Recycle or Retrain: recycle a pool of LoRA adapters, or train one fresh LoRA?"""

from snakemake.utils import min_version

min_version("9.25")


# A study given with --configfile replaces the default study; Snakemake would merge the two.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"


pathvars:
    results=f"results/{STUDY['study']}",
    logs=f"results/{STUDY['study']}/logs",
    benchmarks=f"results/{STUDY['study']}/benchmarks",


report: "workflow/report/workflow.rst"


include: "workflow/rules/base.smk"
include: "workflow/rules/community.smk"
include: "workflow/rules/pool.smk"
include: "workflow/rules/tasks.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/select.smk"
include: "workflow/rules/merge.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/publish.smk"


rule all:
    default_target: True
    input:
        "<results>/verdict.md",
        "<results>/tables/results.md",
        "<results>/provenance.json",
        collect("<results>/figures/{figure}.svg", figure=FIGURES),
