"""Rank the accepted adapters for a target task by one selector."""

from typing import TYPE_CHECKING, Any

from recycling.community.recipe import Harmful
from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.pool.parts import Part


def main(
    accepted: str,
    evidence: list[str],
    published: list[str],
    ranking: str,
    selector: str,
    metric: str,
    part: "Part",
    harmful: dict[str, Harmful],
    limits: dict[str, Any],
    seed: int,
) -> None:
    """Write the ranking of a part of the pool, best first by `metric`, one of those in `evidence`.

    `published` holds, for a community's hub, the table of its repositories; `limits` max_per_owner
    and one_per_family. The `harmful` recipes are in no part but those that got worse.
    """
    from functools import partial

    from recycling.ground import tables
    from recycling.pool import parts, selection, subpools, worsened

    pool = tables.read_table(accepted, "accepted").set_index("adapter")
    scores: dict[str, float] = pool["rank"].to_dict() if selector == "rank" else {}
    for path in evidence:
        table = tables.read_table(path, "pool_scores")
        table = table[table["metric"] == metric]
        scores |= dict(zip(table["adapter"], table["score"], strict=True))
    owners, families = pool["owner"].fillna("").to_dict(), pool["family"].to_dict()
    made = [tables.read_table(path, "published") for path in published]
    versions = worsened.harmful_adapters(pool.reset_index(), made, harmful)
    known = subpools.names(pool.drop(index=[*versions]).reset_index(), made)
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
    rows = parts.rows(part, known, families, versions, ranked, seed)
    rows = [{**row, "shard": shards[row["adapter"]]} for row in rows]
    tables.write_table(rows, ranking, "ranking")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.pool import parts

    main(
        accepted=snakemake.input.accepted,
        evidence=list(snakemake.input.evidence),
        published=list(snakemake.input.published),
        ranking=snakemake.output.ranking,
        selector=snakemake.wildcards.selector,
        metric=snakemake.params.metric,
        part=parts.part(snakemake.params.part),
        harmful={name: Harmful(**one) for name, one in snakemake.params.harmful.items()},
        limits=snakemake.params.limits,
        seed=snakemake.params.seed,
    )
