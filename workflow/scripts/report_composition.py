"""Judge the claims of a composition study and write the page that a reader opens first."""

from typing import TYPE_CHECKING

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    answers: list[str],
    two_hop: str,
    math: str,
    gates: list[str],
    claims: str,
    page: str,
    scenes: dict[str, dict[str, str]],
    study: str,
    seed: int,
) -> None:
    """Claims are differences of stored answers; all else is in the tables already."""
    import pandas as pd

    from recycling import tables
    from recycling.composition import report, results
    from recycling.composition.claims import Evidence, judged

    measured = results.measures(pd.concat(map(pd.read_parquet, answers), ignore_index=True))
    chance = measured.groupby("scene")["chance"].mean()
    evidence = Evidence(scenes, results.resampled(measured, seed), chance.to_dict())
    tables.write_table(judged(evidence).to_dict("records"), claims, "claims")
    text = report.text(
        tables.read_table(two_hop, "composition"),
        tables.read_table(math, "composition"),
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
        two_hop=snakemake.input.two_hop,
        math=snakemake.input.math,
        gates=snakemake.input.gates,
        claims=snakemake.output.claims,
        page=snakemake.output.page,
        scenes=snakemake.params.scenes,
        study=snakemake.params.study,
        seed=snakemake.params.seed,
    )
