# Stage: what is known of the base: device and number format of the study, and a test of its reading.
# REQUIRED INPUTS: <results>/base/model, <results>/base/template.json
# OUTPUTS: <results>/base/runtime.json, <results>/base/about.json
from recycling.plan.work.base import code, gpus


rule examine_base:
    """Choose device and number format, and test that the base is read as transformers reads it."""
    input:
        model="<results>/base/model",
        template="<results>/base/template.json",
    output:
        runtime="<results>/base/runtime.json",
        about=report(
            "<results>/base/about.json",
            caption="../../report/base.rst",
            category="Base",
            labels={"file": "what is known of the base"},
        ),
    log:
        "<logs>/examine_base.log",
    benchmark:
        "<benchmarks>/examine_base.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("model/examine_base"),
        wanted=STUDY.runtime.model_dump(include={"device", "dtype"}),
    script:
        "../../scripts/model/examine_base.py"
