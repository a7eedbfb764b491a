"""Measure how much better chosen adapters look on the rows that chose them."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.pool.judged import Judged
    from recycling.statistics.inference import Tasks


def main(
    selection: str, scores: str, optimism: str, judged: dict[str, "Judged"], tasks_are: "Tasks"
) -> None:
    """`judged` says of each selector what is known of its choices on the test rows."""
    from recycling.ground import tables
    from recycling.verdict import optimism as analysis

    read = (tables.read_table(selection, "selection"), tables.read_table(scores, "scores"))
    tables.write_table(analysis.table(*read, judged, tasks_are), optimism, "optimism")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.pool.judged import Judged

    main(
        selection=snakemake.input.selection,
        scores=snakemake.input.scores,
        optimism=snakemake.output.optimism,
        judged={name: Judged(**known) for name, known in snakemake.params.judged.items()},
        tasks_are=snakemake.params.tasks_are,
    )
