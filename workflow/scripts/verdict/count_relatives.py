"""Count the relatives of each target among the first adapters of every ranking."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    selection: str,
    accepted: str,
    published: list[str],
    kin: dict[str, dict[str, list[str]]],
    counted: str,
) -> None:
    """`kin` has the names of the relatives of each target, by how they are related."""
    from recycling.ground import tables
    from recycling.verdict import relatives

    found = relatives.table(
        tables.read_table(selection, "selection"),
        tables.read_table(accepted, "accepted"),
        [tables.read_table(path, "published") for path in published],
        kin,
    )
    tables.write_table(found, counted, "relatives")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        selection=snakemake.input.selection,
        accepted=snakemake.input.accepted,
        published=list(snakemake.input.published),
        kin=snakemake.params.kin,
        counted=snakemake.output.relatives,
    )
