"""Score base + adapter on labelled rows, for every adapter of one shard with one loaded base."""

from statistics import fmean
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    shard: str,
    rows: list[str],
    task: str,
    scores: str,
    record: str,
    metrics: list[str],
    most: int | None,
    cap: int,
) -> None:
    """Write a score for each adapter and metric, from one pass over at most `most` rows."""
    from recycling.adapters import canonical as adapters
    from recycling.ground import tables
    from recycling.ground.runlog import Progress
    from recycling.model.opening import open_base
    from recycling.model.scoring import predict
    from recycling.pool.shards import adapter_files
    from recycling.statistics.metrics import goodness, reading
    from recycling.tasks.record import read_examples, read_task

    base = open_base(model, runtime)
    instruction = read_task(task).instruction
    examples = [example for path in rows for example in read_examples(path)][:most]
    files = adapter_files([shard])
    progress = Progress("adapters scored", len(files), every=1)
    table = []
    for file in files.values():
        adapter = adapters.read(file)
        with base.wearing(adapter):
            read = predict(
                base,
                instruction,
                examples,
                **reading(metrics, cap),
                what=adapter.name,
            )
        for metric in metrics:
            score = fmean(goodness(metric, read))
            about = {"adapter": adapter.name, "metric": metric, "rows": len(examples)}
            table.append(about | {"score": score})
        progress.step(f"{adapter.name} {score:.3f} ({metric})")
    tables.write_table(table, scores, "pool_scores")
    tables.write_json({"tokens": base.tokens_read}, record)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        shard=snakemake.input.shard,
        rows=list(snakemake.input.rows),
        task=snakemake.input.task,
        scores=snakemake.output.scores,
        record=snakemake.output.record,
        metrics=snakemake.params.metrics,
        most=snakemake.params.most,
        cap=snakemake.params.cap,
    )
