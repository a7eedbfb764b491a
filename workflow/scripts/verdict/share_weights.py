"""Tell which sources of each learned merge get the weight, by their kinship to the target."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    accepted: str,
    published: list[str],
    coefficients: list[str],
    cells: list[tuple[str, str, str]],
    kin: dict[str, dict[str, list[str]]],
    shared: str,
) -> None:
    """`cells` has arm, task and replicate of each file of coefficients."""
    from recycling.ground.tables import read_table, write_table
    from recycling.pool import subpools
    from recycling.verdict import transfer_map, weights

    pool = read_table(accepted, "accepted")
    names = subpools.names(pool, [read_table(path, "published") for path in published])
    merged = [read_table(path, "coefficients") for path in coefficients]
    found = weights.table(merged, cells, transfer_map.grades(pool, names, kin))
    write_table(found, shared, "weights")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        accepted=snakemake.input.accepted,
        published=list(snakemake.input.published),
        coefficients=list(snakemake.input.coefficients),
        cells=snakemake.params.cells,
        kin=snakemake.params.kin,
        shared=snakemake.output.weights,
    )
