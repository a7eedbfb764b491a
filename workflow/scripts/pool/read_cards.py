"""Read what the cards of the accepted adapters say in words, a bounded part of each."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(hub: dict[str, str], accepted: str, inspected: str, cards: str) -> None:
    """Write a row for each adapter; a card that cannot be read gives a reason, never an error."""
    from recycling.ground import tables
    from recycling.hub.opening import connect
    from recycling.pool import cards as texts
    from recycling.pool import inspection

    pool = tables.read_table(accepted, "accepted")
    names = dict(pool[["repo", "adapter"]].itertuples(index=False))
    listings = (one.listing for one in inspection.read(inspected))
    rows = [row._asdict() for row in texts.read(connect(**hub), listings, names)]
    tables.write_table(sorted(rows, key=lambda row: row["adapter"]), cards, "cards")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        hub=snakemake.params.hub,
        accepted=snakemake.input.accepted,
        inspected=snakemake.input.inspected,
        cards=snakemake.output.cards,
    )
