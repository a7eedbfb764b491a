"""Compute every share with its tests from stored answers, and write the page of conclusions."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    answers: list[str],
    experts: str,
    questions: str,
    table: str,
    page: str,
    study: str,
    enough: float,
    choosing: int,
    seed: int,
) -> None:
    """Chains that were used to choose an expert are left out."""
    import pandas as pd

    from recycling.ground import tables
    from recycling.preconditions import chains, shares
    from recycling.preconditions import page as report
    from recycling.preconditions.conclusions import Seen

    found = chains.read(questions)
    _, judging = found.split(choosing, seed)
    said = pd.concat(map(tables.read_parquet, answers), ignore_index=True)
    said = said[said["example"].isin(judging)]
    merged = tables.read_table(experts, "ranking")
    names = merged["adapter"].tolist()
    said = pd.concat([said, shares.called_in_turn(said, names)], ignore_index=True)
    judged = shares.shares(shares.measures(said, found), enough, names)
    tables.write_table(judged, table, "preconditions")
    with tables.replacing(page) as temporary:
        temporary.write_text(report.text(Seen(judged, names), merged, study, choosing))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        answers=[snakemake.input.base, *snakemake.input.alone, *snakemake.input.together],
        experts=snakemake.input.experts,
        questions=snakemake.input.questions,
        table=snakemake.output.table,
        page=snakemake.output.page,
        study=snakemake.params.study,
        enough=snakemake.params.enough,
        choosing=snakemake.params.choosing,
        seed=snakemake.params.seed,
    )
