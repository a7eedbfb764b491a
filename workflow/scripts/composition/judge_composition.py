"""Make the tables of a composition study from stored answers, without a model."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    answers: list[str],
    shares: str,
    contrasts: str,
    gates: str,
    entry: str,
    material: dict[str, Any],
    seed: int,
) -> None:
    """Shares with intervals, rules against each other, and what each expert knows by itself."""
    from recycling.composition import results
    from recycling.ground import registry, tables

    measured = results.read(answers)
    names = [*tables.columns("composition")]
    tables.write_table(results.shares(measured)[names], shares, "composition")
    paired = results.contrasts(measured)
    tables.write_table(paired.to_dict("records"), contrasts, "composition_contrasts")
    found = results.gates(measured, registry.load(entry)(seed, **material).own)
    tables.write_table(found.to_dict("records"), gates, "composition_gates")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        answers=snakemake.input.answers,
        shares=snakemake.output.shares,
        contrasts=snakemake.output.contrasts,
        gates=snakemake.output.gates,
        entry=snakemake.params.entry,
        material=snakemake.params.material,
        seed=snakemake.params.seed,
    )
