"""Measure what the labelled score of adapters says about each outcome."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    scores: str,
    outcomes: dict[str, dict[str, Any]],
    statistics: dict[str, int],
    seed: int,
    quality: str,
    by_task: str,
) -> None:
    """`statistics` holds top, tie_breaks and resamples."""
    import pandas as pd

    from recycling.ground import seeds, tables
    from recycling.replay import matrices, resampling

    cells = tables.read_parquet(scores)
    summaries, details = [], []
    for name, outcome in outcomes.items():
        found, of_tasks = resampling.summary(
            matrices.paired(cells, name),
            top=statistics["top"],
            tie_breaks=statistics["tie_breaks"],
            draws=statistics["resamples"],
            seed=seeds.derive(seed, "outcome", name),
        )
        matrices.check_expected(outcome["expected"], found["quantity"], f"outcomes.{name}.expected")
        found["expected"] = found["quantity"].map(outcome["expected"])
        summaries.append(found.assign(outcome=name))
        details.append(of_tasks.assign(outcome=name))
        print(f"{name}: {found.iloc[0].to_dict()}")
    tables.write_table(pd.concat(summaries)[[*tables.columns("quality")]], quality, "quality")
    tables.write_table(
        pd.concat(details)[[*tables.columns("quality_by_task")]], by_task, "quality_by_task"
    )


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        scores=snakemake.input.scores,
        outcomes=snakemake.params.outcomes,
        statistics=snakemake.params.statistics,
        seed=snakemake.params.seed,
        quality=snakemake.output.quality,
        by_task=snakemake.output.by_task,
    )
