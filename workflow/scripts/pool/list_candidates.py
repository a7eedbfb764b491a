"""List the repositories of a hub, pinned to their commits."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(hub: dict[str, str], bases: list[str], ids: str | None, candidates: str) -> None:
    """Write one row for each adapter of `bases`, or each in the file `ids`; broken ones too."""
    from recycling.ground import tables
    from recycling.hub.opening import connect
    from recycling.pool import ledger

    wanted = ledger.read_ids(ids) if ids else []
    rows = [ledger.listing_row(found) for found in connect(**hub).repositories(bases, wanted)]
    print(f"{len(rows)} repositories, {sum(bool(row['problem']) for row in rows)} of them broken")
    tables.write_table(rows, candidates, "candidates")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        hub=snakemake.params.hub,
        bases=snakemake.params.bases,
        ids=snakemake.input.get("ids"),
        candidates=snakemake.output.candidates,
    )
