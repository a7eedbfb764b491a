"""Score every adapter of one shard by the gradient of the loss, from one backward pass."""

from pathlib import Path
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
    fresh: str,
    scores: str,
    record: str,
    selector: str,
    most: int,
) -> None:
    """Write the first-order gain of each adapter at `fresh`; at the base where that is empty."""
    from recycling.adapters import canonical as adapters
    from recycling.adapters import peft_folder
    from recycling.ground import tables
    from recycling.ground.runlog import Progress
    from recycling.model import gradients
    from recycling.model.opening import open_base
    from recycling.pool.shards import adapter_files
    from recycling.tasks.record import read_examples, read_task

    base = open_base(model, runtime)
    instruction = read_task(task).instruction
    examples = [example for path in rows for example in read_examples(path)][:most]
    linears = set(base.linears)
    at = peft_folder.read_peft(Path(fresh).parent, "fresh", linears) if fresh else None
    with base.wearing(at):
        gradient = gradients.weight_gradient(base, instruction, examples)
    files = adapter_files([shard])
    progress = Progress("adapters screened", len(files), every=10)
    table = []
    for file in files.values():
        adapter = adapters.read(file)
        score = gradients.first_order_gain(adapter, gradient)
        row = {"adapter": adapter.name, "metric": selector, "rows": len(examples), "score": score}
        table.append(row)
        progress.step()
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
        fresh=snakemake.input.get("fresh", ""),
        selector=snakemake.wildcards.selector,
        most=snakemake.params.rows,
        scores=snakemake.output.scores,
        record=snakemake.output.record,
    )
