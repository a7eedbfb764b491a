"""Summarise a study: means, planned contrasts with their tests, its design, and costs."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.plan.study.merging import Arm, Statistics


def main(
    examples: str,
    seconds: list[str],
    records: list[str],
    jobs: list[tuple[str, str, str, str]],
    summary: str,
    contrasts: str,
    design: str,
    cost: str,
    arms: dict[str, "Arm"],
    paid: dict[str, list[str]],
    targets: list[str],
    statistics: "Statistics",
    seed: int,
) -> None:
    """A job is (rule, arm, task, replicate); arm is empty for work that all arms share.

    Each job has a table of its `seconds`, as Snakemake writes benchmarks, and one of the `records`,
    JSON files with the key `tokens`. `paid` has the work that the user of each arm must pay for.
    """
    import pandas as pd

    from recycling.ground import tables
    from recycling.verdict import summary as analysis
    from recycling.verdict.designs import designs

    answers = analysis.answered(tables.read_parquet(examples), list(arms), targets, statistics)
    means = analysis.means(answers)
    tables.write_table(means, summary, "summary")
    differences = analysis.contrasts(answers, arms, statistics)
    tables.write_table(differences, contrasts, "contrasts")
    shown = designs(answers, arms, statistics, seed)
    tables.write_table(shown, design, "design")
    spent = [
        analysis.Spent(
            *job,
            seconds=pd.read_csv(table, sep="\t")["s"].mean(),
            tokens=tables.read_json(record)["tokens"],
        )
        for job, table, record in zip(jobs, seconds, records, strict=True)
    ]
    tables.write_table(analysis.costs(paid, spent, means), cost, "cost")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.plan.study.merging import Statistics
    from recycling.verdict import contrasts

    main(
        examples=snakemake.input.examples,
        seconds=snakemake.input.seconds,
        records=snakemake.input.records,
        jobs=snakemake.params.jobs,
        summary=snakemake.output.summary,
        contrasts=snakemake.output.contrasts,
        design=snakemake.output.design,
        cost=snakemake.output.cost,
        arms=contrasts.records(snakemake.params.arms),
        paid=snakemake.params.paid,
        targets=snakemake.params.targets,
        statistics=Statistics.model_validate(snakemake.params.statistics),
        seed=snakemake.params.seed,
    )
