"""Score every adapter of one shard by the gradient of the loss, from one backward pass."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(files: dict[str, Any], selector: str, most: int, scores: str, record: str) -> None:
    """Write the first-order gain of each adapter, at the bare base or at the fresh LoRA."""
    from recycling.adapters import canonical as adapters
    from recycling.adapters import peft_folder
    from recycling.ground import tables
    from recycling.ground.runlog import Progress
    from recycling.model import gradients
    from recycling.model.opening import open_base
    from recycling.pool.shards import adapter_files
    from recycling.tasks.record import read_examples

    base = open_base(files["model"], files["runtime"])
    instruction = tables.read_json(files["task"])["instruction"]
    examples = [example for path in files["rows"] for example in read_examples(path)][:most]
    at = None
    if files["fresh"]:
        at = peft_folder.read_peft(Path(files["fresh"]).parent, "fresh", set(base.linears))
    with base.wearing(at):
        gradient = gradients.weight_gradient(base, instruction, examples)
    shard = adapter_files([files["shard"]])
    progress = Progress("adapters screened", len(shard), every=10)
    table = []
    for file in shard.values():
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
        files=dict(snakemake.input.items()),
        selector=snakemake.wildcards.selector,
        most=snakemake.params.rows,
        scores=snakemake.output.scores,
        record=snakemake.output.record,
    )
