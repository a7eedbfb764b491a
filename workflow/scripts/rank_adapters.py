"""Rank the accepted adapters for a target task by one selector."""

from typing import TYPE_CHECKING

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    accepted: str,
    evidence: list[str],
    ranking: str,
    selector: str,
    metric: str,
    max_per_owner: int | None,
    seed: int,
) -> None:
    """Write the whole pool, best first by `metric`, one of those in the files of evidence."""
    from recycling import selection, tables

    pool = tables.read_table(accepted, "accepted").set_index("adapter")
    scores: dict[str, float] = pool["rank"].to_dict() if selector == "rank" else {}
    for path in evidence:
        table = tables.read_table(path, "pool_scores")
        table = table[table["metric"] == metric]
        scores |= dict(zip(table["adapter"], table["score"], strict=True))
    rows = selection.rank(
        selector,
        pool.index.tolist(),
        scores,
        seed,
        owners=pool["owner"].fillna("").to_dict(),
        max_per_owner=max_per_owner,
    )
    tables.write_table(rows, ranking, "ranking")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        accepted=snakemake.input.accepted,
        evidence=list(snakemake.input.evidence),
        ranking=snakemake.output.ranking,
        selector=snakemake.wildcards.selector,
        metric=snakemake.params.metric,
        max_per_owner=snakemake.params.max_per_owner,
        seed=snakemake.params.seed,
    )
