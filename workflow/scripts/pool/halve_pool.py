"""Score the pool by successive halving: all adapters on few rows, the better half on more."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    shards: list[str],
    rows: list[str],
    task: str,
    scores: str,
    record: str,
    seconds: str,
    metric: str,
    most: int,
    first: int,
    cap: int,
    seed: int,
) -> None:
    """Write how long each adapter stayed in; rows are taken in a seeded order.

    `seconds` takes what that took.
    """
    from recycling.adapters import canonical as adapters
    from recycling.ground import seeds, tables
    from recycling.ground.runlog import Progress
    from recycling.ground.seconds import timed
    from recycling.model.opening import open_base
    from recycling.model.scoring import predict
    from recycling.pool import selection
    from recycling.pool.shards import adapter_files
    from recycling.statistics.metrics import goodness, reading
    from recycling.tasks.record import read_examples, read_task

    base = open_base(model, runtime)
    instruction = read_task(task).instruction
    examples = [example for path in rows for example in read_examples(path)]
    order = seeds.numpy_generator(seed, "order of rows").permutation(len(examples))[:most]
    paths = adapter_files(shards)
    progress = Progress("adapters scored, of all rounds", 2 * len(paths), every=1)

    def measure(name: str, start: int, stop: int) -> list[float]:
        chosen = [examples[i] for i in order[start:stop]]
        with base.wearing(adapters.read(paths[name])):
            read = predict(base, instruction, chosen, **reading([metric], cap), what=name)
        progress.step(f"{name} rows {start} to {stop}")
        return goodness(metric, read)

    with timed(seconds):
        found = selection.halve(sorted(paths), len(order), first, measure, seed)
    tables.write_table([{"metric": "halving", **row} for row in found], scores, "pool_scores")
    tables.write_json({"tokens": base.tokens_read}, record)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        shards=list(snakemake.input.shards),
        rows=list(snakemake.input.rows),
        task=snakemake.input.task,
        scores=snakemake.output.scores,
        record=snakemake.output.record,
        seconds=snakemake.output.seconds,
        metric=snakemake.params.metric,
        most=snakemake.params.most,
        first=snakemake.params.first,
        cap=snakemake.params.cap,
        seed=snakemake.params.seed,
    )
