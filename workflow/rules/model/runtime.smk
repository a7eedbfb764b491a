# Stage: the device and the number format of the study.
# REQUIRED INPUTS: <results>/base/model
# OUTPUTS: <results>/base/runtime.json
from recycling.plan.work.base import code, gpus


rule choose_runtime:
    """Choose device and number format, once for the whole study."""
    input:
        model="<results>/base/model",
    output:
        runtime="<results>/base/runtime.json",
    log:
        "<logs>/choose_runtime.log",
    benchmark:
        "<benchmarks>/choose_runtime.tsv"
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        gpu=gpus(STUDY.runtime),
    params:
        code=code("model/choose_runtime"),
        wanted=STUDY.runtime.model_dump(),
    script:
        "../../scripts/model/choose_runtime.py"
