"""Draw one figure as SVG and as PNG."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(entry: str, inputs: dict[str, object], svg: str, png: str) -> None:
    """`entry` names the figure's function, `inputs` holds its tables and settings by name."""
    from recycling.ground import registry
    from recycling.output import style

    style.save(registry.load(entry), inputs, svg, png)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        entry=snakemake.params.entry,
        inputs={**dict(snakemake.input.items()), **snakemake.params.settings},
        svg=snakemake.output.svg,
        png=snakemake.output.png,
    )
