"""Recycle or Retrain: recycle a pool of LoRA adapters, or train one fresh LoRA?"""

from snakemake.utils import min_version

min_version("9.25")


# A study given with --configfile replaces the default study; Snakemake would merge the two. The
# default study lies in the folder that the run starts in, or else here.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml" if Path("config.yaml").is_file() else f"{workflow.basedir}/config.yaml"


include: "workflow/rules/study.smk"


pathvars:
    results=f"results/{STUDY.study}",
    logs=f"results/{STUDY.study}/logs",
    benchmarks=f"results/{STUDY.study}/benchmarks",


report: "workflow/report/workflow.rst"


# Not in a dry run, and not in the processes of jobs.
onstart:
    from recycling.ground import scheduling, waiting

    scheduling.look_once_a_second(workflow.scheduler)
    waiting.start(workflow.output_settings.quiet)


# Each kind of study is a chain of stages, one file of rules for each.
if STUDY.kind == "merging":

    include: "workflow/rules/checkpoints.smk"
    include: "workflow/rules/model/base.smk"
    include: "workflow/rules/model/about.smk"
    include: "workflow/rules/community/community.smk"
    include: "workflow/rules/pool/pool.smk"
    include: "workflow/rules/tasks/tasks.smk"
    include: "workflow/rules/merging/fresh.smk"
    include: "workflow/rules/pool/measures.smk"
    include: "workflow/rules/pool/selection.smk"
    include: "workflow/rules/merging/merge.smk"
    include: "workflow/rules/merging/evaluate.smk"
    include: "workflow/rules/verdict/verdict.smk"
    include: "workflow/rules/verdict/analyses.smk"
    include: "workflow/rules/verdict/experiments.smk"
    include: "workflow/rules/output/evaluations.smk"

elif STUDY.kind == "replay":

    include: "workflow/rules/replay/replay.smk"

elif STUDY.kind == "composition":

    if STUDY.base is not None:

        include: "workflow/rules/model/base.smk"
        include: "workflow/rules/model/about.smk"
    include: "workflow/rules/composition/composition.smk"

elif STUDY.kind == "preconditions":

    include: "workflow/rules/checkpoints.smk"
    include: "workflow/rules/model/base.smk"
    include: "workflow/rules/model/about.smk"
    include: "workflow/rules/community/community.smk"
    include: "workflow/rules/pool/pool.smk"
    include: "workflow/rules/preconditions/preconditions.smk"


include: "workflow/rules/output/figures.smk"
include: "workflow/rules/output/record.smk"
include: "workflow/rules/report/report.smk"


rule all:
    default_target: True
    input:
        PRODUCTS,
        "<results>/provenance.json",
        "<results>/report.html",
