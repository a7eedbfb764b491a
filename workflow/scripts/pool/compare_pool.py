"""Measure how close each adapter of one shard is to the fresh LoRA, by several measures."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


class Made(NamedTuple):
    """What is written for one measure."""

    scores: str
    record: str
    seconds: str


def main(fresh: str, modules: str, shard: str, measures: dict[str, Made]) -> None:
    """Write one closeness for each measure and adapter; no labelled row and no token is read.

    An adapter is read once for all measures.
    """
    from recycling.adapters import canonical, peft_folder
    from recycling.adapters.closeness import closeness
    from recycling.ground import tables
    from recycling.ground.runlog import Progress
    from recycling.ground.seconds import Seconds
    from recycling.pool.shards import adapter_files

    names = set(tables.read_table(modules, "modules")["module"])
    reference = peft_folder.read_peft(Path(fresh).parent, "fresh", names)
    files = adapter_files([shard]).values()
    progress = Progress("adapters compared", len(files), every=10)
    found: dict[str, list[dict[str, object]]] = {measure: [] for measure in measures}
    spent = dict.fromkeys(measures, Seconds())
    for file in files:
        adapter = canonical.read(file)
        for measure in measures:
            started = Seconds.now()
            score = closeness(adapter, reference, measure)
            spent[measure] += Seconds.now() - started
            row = {"adapter": adapter.name, "metric": measure, "rows": 0, "score": score}
            found[measure].append(row)
        progress.step()
    for measure, made in measures.items():
        tables.write_table(found[measure], made.scores, "pool_scores")
        tables.write_json({"tokens": 0}, made.record)
        spent[measure].write(made.seconds)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    output = snakemake.output
    made = map(Made, output.scores, output.records, output.seconds)
    main(
        fresh=snakemake.input.fresh,
        modules=snakemake.input.modules,
        shard=snakemake.input.shard,
        measures=dict(zip(snakemake.params.measures, made, strict=True)),
    )
