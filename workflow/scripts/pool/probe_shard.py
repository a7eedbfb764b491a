"""Probe each adapter of one shard: does it change what the base says?"""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(model: str, runtime: str, shard: str, effects: str) -> None:
    """Write the largest change of a logit for each adapter of the shard."""
    from recycling.adapters import canonical as adapters
    from recycling.ground import tables
    from recycling.model import probe
    from recycling.model.opening import open_base
    from recycling.pool.shards import adapter_files

    files = adapter_files([shard])
    progress = runlog.Progress("adapters probed", len(files), every=10)
    base = open_base(model, runtime)
    rows = []
    for name, effect in probe.effects(base, map(adapters.read, files.values())):
        rows.append({"adapter": name, "effect": effect})
        progress.step(f"{name} {effect:.3g}")
    tables.write_table(rows, effects, "effects")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        shard=snakemake.input.shard,
        effects=snakemake.output.effects,
    )
