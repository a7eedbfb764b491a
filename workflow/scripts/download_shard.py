"""Fetch the adapters of one shard and write them in canonical form."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    hub: dict[str, str],
    vetted: str,
    inspected: str,
    modules: str,
    limits: dict[str, Any],
    shard: int,
    folder: str,
) -> None:
    """Write `<adapter>.safetensors` for each fit adapter and `index.tsv` with a row for each."""
    from recycling import tables
    from recycling.pool import inspection, ledger
    from recycling.pool.conversion import Limits, convert
    from recycling.pool.hub import connect

    source = connect(**hub)
    shapes = ledger.shapes(tables.read_table(modules, "modules"))
    table = tables.read_table(vetted, "vetted")
    names = dict(table.loc[table["shard"] == shard, ["repo", "adapter"]].itertuples(index=False))
    Path(folder).mkdir(parents=True, exist_ok=True)
    progress = runlog.Progress("adapter", len(names))
    rows = []
    for candidate in inspection.read(inspected):
        name = names.get(candidate.listing.repo)
        if name is not None:
            rows.append(convert(source, candidate, name, shapes, Limits(**limits), Path(folder)))
            progress.step(f"{name} {rows[-1]['status']}")
    rows.sort(key=lambda row: row["adapter"])
    tables.write_table(rows, f"{folder}/index.tsv", "shard")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        hub=snakemake.params.hub,
        vetted=snakemake.input.vetted,
        inspected=snakemake.input.inspected,
        modules=snakemake.input.modules,
        limits=snakemake.params.limits,
        shard=int(snakemake.wildcards.shard),
        folder=snakemake.output.folder,
    )
