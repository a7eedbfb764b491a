# Stage: the report, of every kind of study.
# REQUIRED INPUTS: what the study is run for, and <results>/provenance.json
# OUTPUTS: <results>/report.html
from recycling.plan.work import report as reading
from recycling.plan.work.base import code
from recycling.report import KINDS, look

FILES = reading.files(STUDY) | {"record": ["<results>/provenance.json"]}


rule write_report:
    """Write the study as one HTML file that is read without a network and without a server."""
    input:
        **FILES,
    output:
        report=report(
            "<results>/report.html",
            caption="../../report/report.rst",
            category="Report",
            labels={"file": "the study on one page"},
        ),
    log:
        "<logs>/write_report.log",
    localrule: True
    conda:
        "../../../envs/models.yaml"
    threads: 1
    params:
        code=code("report/write_report", KINDS[STUDY.kind]),
        look=look.digest(),
        entry=KINDS[STUDY.kind],
        named=list(FILES),
        about=reading.about(STUDY),
    script:
        "../../scripts/report/write_report.py"
