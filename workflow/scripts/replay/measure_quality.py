"""Measure what the labelled score of adapters says about each outcome."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    scores: str,
    expected: dict[str, dict[str, float]],
    top: int,
    tie_breaks: int,
    draws: int,
    seed: int,
    quality: str,
    by_task: str,
) -> None:
    """`expected` has, for each outcome, values of another computation by quantity."""
    import pandas as pd

    from recycling.ground import seeds, tables
    from recycling.replay import matrices, resampling

    cells = tables.read_parquet(scores)
    summaries, details = [], []
    for name, others in expected.items():
        found, of_tasks = resampling.summary(
            matrices.paired(cells, name),
            top=top,
            tie_breaks=tie_breaks,
            draws=draws,
            seed=seeds.derive(seed, "outcome", name),
        )
        matrices.check_expected(others, found["quantity"], f"outcomes.{name}.expected")
        found["expected"] = found["quantity"].map(others)
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
        expected=snakemake.params.expected,
        top=snakemake.params.top,
        tie_breaks=snakemake.params.tie_breaks,
        draws=snakemake.params.draws,
        seed=snakemake.params.seed,
        quality=snakemake.output.quality,
        by_task=snakemake.output.by_task,
    )
