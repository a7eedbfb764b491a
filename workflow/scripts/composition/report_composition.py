"""Write the page of a composition study that a reader opens first."""

from typing import TYPE_CHECKING

from recycling.composition.scenes import Asked
from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    shares: list[str],
    gates: list[str],
    claims: list[str],
    page: str,
    subjects: list[str],
    scenes: dict[str, Asked],
    study: str,
) -> None:
    """Gates first, then the claims with their verdicts, then the shares behind them."""
    import pandas as pd

    from recycling.composition import page as report
    from recycling.ground import tables

    # Of some subjects nothing is claimed.
    none = pd.DataFrame(columns=[*tables.columns("claims")])
    text = report.text(
        {
            subject: tables.read_table(path, "composition")
            for subject, path in zip(subjects, shares, strict=True)
        },
        pd.concat([tables.read_table(path, "composition_gates") for path in gates]),
        tables.read_table(claims[0], "claims") if claims else none,
        scenes,
        study,
    )
    with tables.replacing(page) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        shares=snakemake.input.shares,
        gates=snakemake.input.gates,
        claims=snakemake.input.claims,
        page=snakemake.output.page,
        subjects=snakemake.params.subjects,
        scenes={name: Asked(**asked) for name, asked in snakemake.params.scenes.items()},
        study=snakemake.params.study,
    )
