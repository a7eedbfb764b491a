# Stage: the base model.
# REQUIRED INPUTS: none (the network or a folder, as the config's base.source says)
# OUTPUTS: <results>/base/model/ (safetensors, tokenizer), modules.tsv, template.json,
#          checksums.json
from recycling.plan.work.base import code


rule fetch_base:
    """Fetch the pinned base model, check it, save it as safetensors, and settle its chat template."""
    output:
        model=directory("<results>/base/model"),
        modules="<results>/base/modules.tsv",
        template="<results>/base/template.json",
        checksums="<results>/base/checksums.json",
    log:
        "<logs>/fetch_base.log",
    benchmark:
        "<benchmarks>/fetch_base.tsv"
    retries: 0  # the script itself asks a network again, and a fault of the user is said once
    localrule: True
    conda:
        "../../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=code("model/fetch_base"),
        source=STUDY.base.source.model_dump(exclude_none=True),
        options=STUDY.base.template,
        day=STUDY.base.date,
    script:
        "../../scripts/model/fetch_base.py"
