"""Rank the accepted adapters for a target task by one selector."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    accepted: str,
    evidence: list[str],
    published: list[str],
    ranking: str,
    selector: str,
    metric: str,
    only: list[str],
    all_accepted: bool,
    kinship: dict[str, Any],
    limits: dict[str, Any],
    seed: int,
) -> None:
    """Write the ranking of a subpool, best first by `metric`, one of those in `evidence`.

    `published` holds, for a community's hub, the table of its repositories; `limits` max_per_owner
    and one_per_family. With `all_accepted` each name in `only` must be one of an accepted adapter.
    `kinship` has the arguments of `subpools.Kinship` where the first adapter
    is to be such a relative of the target, and is empty elsewhere.
    """
    from functools import partial

    from recycling.ground import tables
    from recycling.pool import selection, subpools

    pool = tables.read_table(accepted, "accepted").set_index("adapter")
    scores: dict[str, float] = pool["rank"].to_dict() if selector == "rank" else {}
    for path in evidence:
        table = tables.read_table(path, "pool_scores")
        table = table[table["metric"] == metric]
        scores |= dict(zip(table["adapter"], table["score"], strict=True))
    owners, families = pool["owner"].fillna("").to_dict(), pool["family"].to_dict()
    made = [tables.read_table(path, "published") for path in published]
    known = subpools.names(pool.reset_index(), made)
    shards = pool["shard"].to_dict()
    ranked = partial(
        selection.rank,
        selector,
        evidence=scores,
        seed=seed,
        owners=owners,
        max_per_owner=limits["max_per_owner"],
        families=families if limits["one_per_family"] else None,
    )
    if kinship:
        parts = subpools.by_kin(known, families, subpools.Kinship(**kinship))
        rows = selection.relative_first(*parts, ranked)
    else:
        rows = ranked(subpools.chosen(known, only, all_accepted))
    rows = [{**row, "shard": shards[row["adapter"]]} for row in rows]
    tables.write_table(rows, ranking, "ranking")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        accepted=snakemake.input.accepted,
        evidence=list(snakemake.input.evidence),
        published=list(snakemake.input.published),
        ranking=snakemake.output.ranking,
        selector=snakemake.wildcards.selector,
        metric=snakemake.params.metric,
        only=snakemake.params.only,
        all_accepted=snakemake.params.all_accepted,
        kinship=snakemake.params.kinship,
        limits=snakemake.params.limits,
        seed=snakemake.params.seed,
    )
