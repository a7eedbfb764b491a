"""List the repositories of a hub, pinned to their commits."""

from typing import TYPE_CHECKING

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(hub: dict[str, str], bases: list[str], ids: list[str], candidates: str) -> None:
    """Write one row per repository of `hub`, or of `ids` if any; broken ones with the reason."""
    from recycling import tables
    from recycling.pool import ledger
    from recycling.pool.hub import connect

    rows = [ledger.listing_row(found) for found in connect(**hub).repositories(bases, ids)]
    print(f"{len(rows)} repositories, {sum(bool(row['problem']) for row in rows)} of them broken")
    tables.write_table(rows, candidates, "candidates")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        hub=snakemake.params.hub,
        bases=snakemake.params.bases,
        ids=snakemake.params.ids,
        candidates=snakemake.output.candidates,
    )
