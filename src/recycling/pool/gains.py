"""Gains of the adapters of a shard for one task, by the gradient of its loss."""

from collections.abc import Mapping
from pathlib import Path

from recycling.adapters import canonical, peft_folder
from recycling.ground import tables
from recycling.ground.runlog import Progress
from recycling.hub.prefetch import prefetched
from recycling.model import gradients
from recycling.model.base import Base
from recycling.pool.scores import Rows, TaskFiles
from recycling.pool.stored import Stored


def write_task(
    base: Base,
    rows: Rows,
    files: TaskFiles,
    pool: Mapping[str, Stored],
    selector: str,
    folder: Path,
) -> None:
    """Write into `folder` the table of the gains of `pool` and the tokens that were read.

    The gradient is taken at the task's fresh LoRA if it has one. An adapter is read while the gain
    of the one before it is computed.
    """
    linears, before = set(base.linears), base.tokens_read
    at = peft_folder.read_peft(Path(files.fresh).parent, "fresh", linears) if files.fresh else None
    with base.wearing(at):
        gradient = gradients.weight_gradient(base, rows.instruction, rows.examples)
    progress = Progress("adapters screened", len(pool), every=10)
    table = []
    for _, adapter in prefetched(canonical.read, [one.file for one in pool.values()], threads=1):
        score = gradients.first_order_gain(adapter, gradient)
        about = {"adapter": adapter.name, "metric": selector, "rows": len(rows.examples)}
        table.append(about | {"score": score})
        progress.step()
    tables.write_table(table, folder / Path(files.scores).name, "pool_scores")
    tables.write_json({"tokens": base.tokens_read - before}, folder / Path(files.record).name)
