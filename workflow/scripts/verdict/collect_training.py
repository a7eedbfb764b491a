"""List for each training the step that validation chose."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(curves: list[str], cells: list[tuple[str, str, str]], training: str) -> None:
    """`cells` names the arm, the task and the replicate of each curve."""
    from recycling.ground import tables
    from recycling.verdict import summary

    rows = [
        row
        for path, cell in zip(curves, cells, strict=True)
        for row in summary.training(tables.read_table(path, "curve"), *cell)
    ]
    tables.write_table(rows, training, "training")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        curves=list(snakemake.input.curves),
        cells=snakemake.params.cells,
        training=snakemake.output.training,
    )
