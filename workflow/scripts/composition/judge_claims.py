"""Judge the claims of a composition study by the stored answers."""

from typing import TYPE_CHECKING

from recycling.composition.scenes import Asked
from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    answers: list[str],
    gates: list[str],
    claims: str,
    scenes: dict[str, Asked],
    libraries: dict[str, list[str]],
) -> None:
    """Write a row for each comparison that a claim says something about."""
    import pandas as pd

    from recycling.composition import results
    from recycling.composition.claim_data import Evidence
    from recycling.composition.claims import judged
    from recycling.ground import tables

    measured = results.read(answers)
    chance = measured.groupby("scene")["chance"].mean().to_dict()
    passed = pd.concat([tables.read_table(path, "composition_gates") for path in gates])
    failed = results.failed(passed, scenes, libraries)
    found = judged(Evidence(scenes, results.answered(measured), chance, failed))
    tables.write_table(found.to_dict("records"), claims, "claims")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        answers=snakemake.input.answers,
        gates=snakemake.input.gates,
        claims=snakemake.output.claims,
        scenes={name: Asked(**asked) for name, asked in snakemake.params.scenes.items()},
        libraries=snakemake.params.libraries,
    )
