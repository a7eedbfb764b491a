"""Rank the accepted adapters for a target task by one selector."""

from typing import TYPE_CHECKING

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(accepted: str, evidence: list[str], ranking: str, selector: str, seed: int) -> None:
    """Write the whole pool, best first."""
    from recycling import selection, tables

    names = tables.read_table(accepted, "accepted")["adapter"].tolist()
    scores: dict[str, float] = {}
    for path in evidence:
        table = tables.read_table(path, "pool_scores")
        scores |= dict(zip(table["adapter"], table["score"], strict=True))
    tables.write_table(selection.rank(selector, names, scores, seed), ranking, "ranking")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        accepted=snakemake.input.accepted,
        evidence=list(snakemake.input.evidence),
        ranking=snakemake.output.ranking,
        selector=snakemake.wildcards.selector,
        seed=snakemake.params.seed,
    )
