"""Find families of near-identical adapters in the pool."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(modules: str, shards: list[str], families: str) -> None:
    """Write the family of every adapter in the folders `shards`."""
    from recycling.adapters import canonical as adapters
    from recycling.adapters.canonical import Adapter
    from recycling.ground import tables
    from recycling.ground.runlog import Progress
    from recycling.pool import families as groups
    from recycling.pool.shards import adapter_files

    paths = adapter_files(shards)
    names = sorted(paths)
    progress = Progress("adapters read, each once and again if suspected", len(names), every=50)

    def read(name: str) -> Adapter:
        progress.step(name)
        return adapters.read(paths[name])

    body = sorted(tables.read_table(modules, "modules")["module"])
    found = groups.find(names, body, read)
    print(f"{len(set(found))} families of {len(names)} adapters")
    rows = [{"adapter": name, "family": one} for name, one in zip(names, found, strict=True)]
    tables.write_table(rows, families, "families")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        modules=snakemake.input.modules,
        shards=list(snakemake.input.shards),
        families=snakemake.output.families,
    )
