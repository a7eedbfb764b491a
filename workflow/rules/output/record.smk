# Stage: the record of the run, of every kind of study.
# REQUIRED INPUTS: all that the study is run for
# OUTPUTS: <results>/provenance.json, <results>/CITATION.cff
from recycling.plan.study import file
from recycling.plan.work.base import about, code


rule record_provenance:
    """Record commit, versions, processor, settings, base and seconds of this run, and how to cite it."""
    input:
        PRODUCTS,
        about=about(STUDY),
    output:
        record="<results>/provenance.json",
        citation="<results>/CITATION.cff",
    log:
        "<logs>/record_provenance.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("output/record_provenance"),
        study=file.keys_of(STUDY),
        benchmarks=f"results/{STUDY.study}/benchmarks",
    script:
        "../../scripts/output/record_provenance.py"
