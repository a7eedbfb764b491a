"""Tell how much of the variance of scores is due to tasks, runs, rows and arms."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.plan.study.merging import Arm, Statistics


def main(
    examples: str,
    variance: str,
    arms: dict[str, "Arm"],
    targets: list[str],
    statistics: "Statistics",
    seed: int,
) -> None:
    from recycling.ground import tables
    from recycling.verdict import summary
    from recycling.verdict import variance as analysis

    read = tables.read_parquet(examples)
    answers = summary.answered(read, list(arms), targets, statistics)
    tables.write_table(analysis.table(answers, arms, statistics, seed), variance, "variance")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.plan.study.merging import Statistics
    from recycling.verdict import contrasts

    main(
        examples=snakemake.input.examples,
        variance=snakemake.output.variance,
        arms=contrasts.records(snakemake.params.arms),
        targets=snakemake.params.targets,
        statistics=Statistics.model_validate(snakemake.params.statistics),
        seed=snakemake.params.seed,
    )
