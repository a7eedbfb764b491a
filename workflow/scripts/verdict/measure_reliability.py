"""Measure how far the probabilities that each arm states are off."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.plan.study.merging import Arm
    from recycling.statistics.inference import Tasks


def main(
    predictions: list[str],
    units: list[tuple[str, str]],
    reliability: str,
    curve: str,
    arms: dict[str, "Arm"],
    tasks_are: "Tasks",
) -> None:
    """`units` names the task and the replicate of each file in `predictions`."""
    from recycling.ground import tables
    from recycling.verdict import reliability as analysis

    read = {unit: tables.read_parquet(path) for unit, path in zip(units, predictions, strict=True)}
    answers = analysis.answered(read, list(arms), tasks_are)
    tables.write_table(analysis.errors(answers, arms), reliability, "reliability")
    tables.write_table(analysis.curves(answers), curve, "reliability_curve")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.verdict import contrasts

    main(
        predictions=snakemake.input.predictions,
        units=snakemake.params.units,
        reliability=snakemake.output.reliability,
        curve=snakemake.output.curve,
        arms=contrasts.records(snakemake.params.arms),
        tasks_are=snakemake.params.tasks_are,
    )
