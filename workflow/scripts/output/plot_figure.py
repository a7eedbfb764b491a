"""Draw one figure as SVG, PNG and PDF."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(entry: str, inputs: dict[str, object], *files: str) -> None:
    """`entry` names the figure's function, `inputs` holds its tables and settings by name.

    Each of `files` is written in the format of its name.
    """
    from recycling.ground import registry
    from recycling.output import style

    style.save(registry.load(entry), inputs, *files)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        snakemake.params.entry,
        {**dict(snakemake.input.items()), **snakemake.params.settings},
        *snakemake.output,
    )
