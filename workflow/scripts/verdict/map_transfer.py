"""Map what each adapter of the pool does on each target, and what foretells it."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    selection: str,
    scores: str,
    accepted: str,
    published: list[str],
    coefficients: list[str],
    cells: list[tuple[str, str, str]],
    transfer: str,
    correlations: str,
    measures: dict[str, tuple[str, str]],
    base: str,
    kin: dict[str, dict[str, list[str]]],
    resamples: int,
    seed: int,
) -> None:
    """`cells` has arm, task and replicate of each file of coefficients."""
    import pandas as pd

    from recycling.ground.tables import read_table, write_table
    from recycling.pool import subpools
    from recycling.verdict import transfer_map as analysis

    ranked, pool = read_table(selection, "selection"), read_table(accepted, "accepted")
    known = analysis.evidence(ranked, read_table(scores, "scores"), measures, base)
    merged = [read_table(path, "coefficients") for path in coefficients]
    weights = analysis.weights(merged, cells, set(pool["adapter"]))
    names = subpools.names(pool, [read_table(path, "published") for path in published])
    grades = analysis.grades(pool, names, kin)
    made = analysis.table(pd.concat([known, weights]), grades)
    write_table(made, transfer, "transfer")
    told = analysis.correlations(made, resamples, seed)
    write_table(told, correlations, "transfer_correlations")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    given = {key: value for key, value in snakemake.params.items() if key != "code"}
    main(
        selection=snakemake.input.selection,
        scores=snakemake.input.scores,
        accepted=snakemake.input.accepted,
        published=list(snakemake.input.published),
        coefficients=list(snakemake.input.coefficients),
        transfer=snakemake.output.transfer,
        correlations=snakemake.output.correlations,
        **given,
    )
