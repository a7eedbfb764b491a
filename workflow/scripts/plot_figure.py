"""Draw one figure of the tables in `analysis.figures` as SVG and as PNG."""

from typing import TYPE_CHECKING, Any

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(figure: str, inputs: dict[str, Any], svg: str, png: str) -> None:
    """`inputs` holds the named tables and settings of the figure's function."""
    from recycling import registry
    from recycling.analysis import figures, style

    known = figures.FIGURES | figures.REPLAY_FIGURES | figures.COMPOSITION_FIGURES
    entry = (known | figures.PRECONDITIONS_FIGURES)[figure]
    style.save(registry.load(entry), inputs, svg, png)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        figure=snakemake.params.figure,
        inputs={**dict(snakemake.input.items()), **snakemake.params.settings},
        svg=snakemake.output.svg,
        png=snakemake.output.png,
    )
