"""Judge the claims of a composition study and write the page that a reader opens first."""

from typing import TYPE_CHECKING

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    answers: list[str],
    shares: list[str],
    gates: list[str],
    claims: str,
    page: str,
    subjects: list[str],
    scenes: dict[str, dict[str, str]],
    study: str,
    seed: int,
) -> None:
    """Claims are differences of stored answers, of the two-hop world; the rest is in the tables."""
    import pandas as pd

    from recycling import tables
    from recycling.composition import report, results
    from recycling.composition.claims import Evidence, judged

    if answers:
        measured = results.measures(pd.concat(map(tables.read_parquet, answers), ignore_index=True))
        chance = measured.groupby("scene")["chance"].mean().to_dict()
        found = judged(Evidence(scenes, results.resampled(measured, seed), chance))
    else:
        found = pd.DataFrame()
    tables.write_table(found.to_dict("records"), claims, "claims")
    text = report.text(
        {
            subject: tables.read_table(path, "composition")
            for subject, path in zip(subjects, shares, strict=True)
        },
        pd.concat([tables.read_table(path, "composition_gates") for path in gates]),
        tables.read_table(claims, "claims"),
        scenes,
        study,
    )
    with tables.replacing(page) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        answers=snakemake.input.answers,
        shares=snakemake.input.shares,
        gates=snakemake.input.gates,
        claims=snakemake.output.claims,
        page=snakemake.output.page,
        subjects=snakemake.params.subjects,
        scenes=snakemake.params.scenes,
        study=snakemake.params.study,
        seed=snakemake.params.seed,
    )
