"""Write what the study found: the verdict in sentences, the results as a Markdown table."""

from typing import TYPE_CHECKING, Literal

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    summary: str,
    contrasts: str,
    cost: str,
    training: str,
    verdict: str,
    results: str,
    study: str,
    tasks_are: Literal["fixed", "random"],
    resampled: bool,
) -> None:
    from recycling.ground import tables
    from recycling.verdict import page
    from recycling.verdict.results import caption, table

    means = tables.read_table(summary, "summary")
    differences = tables.read_table(contrasts, "contrasts")
    spent = tables.read_table(cost, "cost")
    trained = tables.read_table(training, "training")
    with tables.replacing(results) as temporary:
        temporary.write_text(f"{table(means, differences, spent)}\n\n{caption(means)}\n")
    with tables.replacing(verdict) as temporary:
        temporary.write_text(
            page.write(means, differences, spent, trained, study, tasks_are, resampled)
        )


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        summary=snakemake.input.summary,
        contrasts=snakemake.input.contrasts,
        cost=snakemake.input.cost,
        training=snakemake.input.training,
        verdict=snakemake.output.verdict,
        results=snakemake.output.results,
        study=snakemake.params.study,
        tasks_are=snakemake.params.tasks_are,
        resampled=snakemake.params.resampled,
    )
