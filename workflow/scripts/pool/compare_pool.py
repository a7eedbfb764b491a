"""Measure how close each adapter of one shard is to the fresh LoRA, by one measure."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(fresh: str, modules: str, shard: str, measure: str, scores: str, record: str) -> None:
    """Write one closeness for each adapter of the shard; no labelled row and no token is read."""
    from recycling.adapters import canonical as adapters
    from recycling.adapters import peft_folder
    from recycling.adapters.closeness import closeness
    from recycling.ground import tables
    from recycling.ground.runlog import Progress
    from recycling.pool.shards import adapter_files

    names = set(tables.read_table(modules, "modules")["module"])
    reference = peft_folder.read_peft(Path(fresh).parent, "fresh", names)
    files = adapter_files([shard])
    progress = Progress("adapters compared", len(files), every=10)
    table = []
    for file in files.values():
        adapter = adapters.read(file)
        score = closeness(adapter, reference, measure)
        table.append({"adapter": adapter.name, "metric": measure, "rows": 0, "score": score})
        progress.step()
    tables.write_table(table, scores, "pool_scores")
    tables.write_json({"tokens": 0}, record)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        fresh=snakemake.input.fresh,
        modules=snakemake.input.modules,
        shard=snakemake.input.shard,
        measure=snakemake.wildcards.selector,
        scores=snakemake.output.scores,
        record=snakemake.output.record,
    )
