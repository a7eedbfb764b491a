"""Choose the adapters that are merged: the expert of each hop, and those that join them."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    accepted: str,
    published: list[str],
    answers: list[str],
    questions: str,
    experts: str,
    named: dict[str, str],
    others: list[str],
    choosing: int,
    seed: int,
) -> None:
    """Write them as a ranking, the expert of hop 1 first; `score` is the share that chose it.

    `named` has the expert of each hop that the study names, `others` those that join them.
    """
    import pandas as pd

    from recycling.ground import tables
    from recycling.pool import subpools
    from recycling.preconditions import chains, shares

    pool = tables.read_table(accepted, "accepted")
    made = [tables.read_table(path, "published") for path in published]
    called = {
        name: subpools.only(subpools.names(pool, made), name, "experts")
        for name in [*named.values(), *others]
    }
    judged, _ = chains.read(questions).split(choosing, seed)
    seen = pd.concat(map(tables.read_parquet, answers)) if answers else None
    found = shares.choose(
        seen[seen["example"].isin(judged)] if seen is not None else None,
        {hop: called[name] for hop, name in named.items()},
        [called[name] for name in others],
    )
    rows = [
        {"position": place, "adapter": name, "score": share}
        for place, (name, share) in enumerate(found, 1)
    ]
    tables.write_table(rows, experts, "ranking")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        accepted=snakemake.input.accepted,
        published=list(snakemake.input.published),
        answers=list(snakemake.input.answers),
        questions=snakemake.input.questions,
        experts=snakemake.output.experts,
        named=snakemake.params.named,
        others=snakemake.params.others,
        choosing=snakemake.params.choosing,
        seed=snakemake.params.seed,
    )
