"""List the accepted and the rejected adapters; together they must be all candidates."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    candidates: str,
    vetted: str,
    shards: list[str],
    effects: list[str],
    families: str,
    accepted: str,
    rejected: str,
) -> None:
    """`shards` are the folders of all shards, `effects` the tables of what they change."""
    import pandas as pd

    from recycling.ground import tables
    from recycling.pool import ledger

    kept, lost = ledger.close(
        tables.read_table(vetted, "vetted"),
        pd.concat([tables.read_table(f"{folder}/index.tsv", "shard") for folder in shards]),
        pd.concat([tables.read_table(path, "effects") for path in effects]),
        len(tables.read_table(candidates, "candidates")),
    )
    kept = kept.merge(tables.read_table(families, "families"), on="adapter", validate="1:1")
    print(f"{len(kept)} accepted + {len(lost)} rejected = {len(kept) + len(lost)} listed")
    tables.write_table(kept[list(tables.columns("accepted"))], accepted, "accepted")
    tables.write_table(lost[list(tables.columns("rejected"))], rejected, "rejected")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        candidates=snakemake.input.candidates,
        vetted=snakemake.input.vetted,
        shards=list(snakemake.input.shards),
        effects=list(snakemake.input.effects),
        families=snakemake.input.families,
        accepted=snakemake.output.accepted,
        rejected=snakemake.output.rejected,
    )
