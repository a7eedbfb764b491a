# Stage: answers for other programs, of merging studies; only where it is asked for.
# REQUIRED INPUTS: <results>/predictions/, <results>/tasks/, <results>/base/model
# OUTPUTS: <results>/evaluations/{arm}/{task}/{replicate}/
from recycling.plan.wiring import built_in
from recycling.plan.work import evaluations, merging, units
from recycling.plan.work.base import code


rule write_evaluations:
    """Write what every arm answered as lm-evaluation-harness writes it."""
    input:
        model="<results>/base/model",
        predictions=merging.predictions(STUDY),
        records=evaluations.records(STUDY),
    output:
        folder=directory("<results>/evaluations"),
    log:
        "<logs>/write_evaluations.log",
    localrule: True
    conda:
        "../../../envs/models.yaml"
    threads: 1
    params:
        code=code("output/write_evaluations"),
        units=built_in(units.units(STUDY)),
        evaluated=built_in(evaluations.evaluated(STUDY)),
    script:
        "../../scripts/output/write_evaluations.py"
