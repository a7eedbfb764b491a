"""Measure what merged edits of one layer answer, over many random draws."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(theory: str, pairs: list[int], ranks: list[int], draws: int, seed: int) -> None:
    """One row for each kind of facts, number of pairs, rank, library, rule and draw."""
    from recycling.composition.theory import sweep
    from recycling.ground import tables
    from recycling.ground.runlog import Progress

    progress = Progress("draw", draws, every=1)
    rows = []
    for draw in range(draws):
        rows += sweep(pairs, ranks, draw, seed)
        progress.step()
    tables.write_table(rows, theory, "theory")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        theory=snakemake.output.theory,
        **snakemake.params.asked,
        seed=snakemake.params.seed,
    )
