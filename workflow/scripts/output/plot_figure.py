"""Draw one figure of the tables in `verdict.figure_tables` as SVG and as PNG."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(figure: str, inputs: dict[str, Any], svg: str, png: str) -> None:
    """`inputs` holds the named tables and settings of the figure's function."""
    from recycling.ground import registry
    from recycling.output import style
    from recycling.verdict import figure_tables

    known = figure_tables.FIGURES | figure_tables.REPLAY_FIGURES | figure_tables.COMPOSITION_FIGURES
    entry = (known | figure_tables.PRECONDITIONS_FIGURES)[figure]
    style.save(registry.load(entry), inputs, svg, png)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        figure=snakemake.params.figure,
        inputs={**dict(snakemake.input.items()), **snakemake.params.settings},
        svg=snakemake.output.svg,
        png=snakemake.output.png,
    )
