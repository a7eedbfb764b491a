# Stage: the figures, of every kind of study.
# REQUIRED INPUTS: DRAWINGS, and the tables that these name
# OUTPUTS: <results>/figures/{figure}.{svg,png,pdf}
from recycling.plan.wiring import built_in

for drawing in DRAWINGS:

    rule:
        name:
            f"plot_{drawing.name}"
        input:
            **drawing.inputs,
        output:
            svg=report(
                drawing.file,
                caption=f"../../report/{drawing.caption}.rst",
                category=drawing.category,
                labels={"figure": drawing.label},
            ),
            png=f"<results>/figures/{drawing.name}.png",
            pdf=f"<results>/figures/{drawing.name}.pdf",
        log:
            f"<logs>/plot_{drawing.name}.log",
        localrule: True
        conda:
            "../../../envs/analysis.yaml"
        threads: 1
        params:
            code=drawing.code,
            entry=drawing.entry,
            settings=built_in(drawing.settings),
            about=drawing.about,
        script:
            "../../scripts/output/plot_figure.py"
