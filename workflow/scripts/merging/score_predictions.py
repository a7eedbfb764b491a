"""Score every stored prediction: one row per example, one per arm, task and replicate."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(predictions: list[str], units: list[tuple[str, str]], scores: str, examples: str) -> None:
    """`units` names the task and the replicate of each file in `predictions`."""
    import pandas as pd

    from recycling.ground import tables
    from recycling.statistics import metrics

    scored = []
    for path, (task, replicate) in zip(predictions, units, strict=True):
        for arm, answered in tables.read_parquet(path).groupby("arm", sort=False):
            rows = metrics.score(answered, f"{path}, arm {arm}")
            scored.append(rows.assign(arm=arm, task=task, replicate=str(replicate)))
    every = pd.concat(scored, ignore_index=True)
    every = every[[*metrics.CELL, "example", *metrics.METRICS]]
    tables.write_parquet(every, examples)
    tables.write_table(metrics.aggregate(every), scores, "scores")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        predictions=snakemake.input.predictions,
        units=snakemake.params.units,
        scores=snakemake.output.scores,
        examples=snakemake.output.examples,
    )
