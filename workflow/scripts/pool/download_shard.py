"""Fetch the adapters of one shard and write them in canonical form."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    hub: dict[str, str],
    vetted: str,
    inspected: str,
    modules: str,
    limits: dict[str, Any],
    code: str,
    shard: int,
    folder: str,
) -> None:
    """Write `<adapter>.safetensors` for each usable adapter, and `index.tsv` with a row for all.

    An interrupted run goes on if `code`, the digest of the code, and the settings are the same.
    """
    from recycling.ground import tables
    from recycling.hub.opening import connect
    from recycling.pool import inspection, ledger, shards
    from recycling.pool.conversion import Limits

    shapes = ledger.shapes(tables.read_table(modules, "modules"))
    table = tables.read_table(vetted, "vetted")
    names = dict(table.loc[table["shard"] == shard, ["repo", "adapter"]].itertuples(index=False))
    settings = json.dumps([code, hub, limits, shapes], sort_keys=True).encode()
    progress = runlog.Progress("adapter", len(names))
    with shards.resuming(Path(folder), hashlib.sha256(settings).hexdigest()[:16]) as work:
        rows = []
        for row in shards.rows(
            connect(**hub), inspection.read(inspected), names, shapes, Limits(**limits), work
        ):
            rows.append(row)
            progress.step(f"{row['adapter']} {row['status']}")
        rows.sort(key=lambda row: row["adapter"])
        tables.write_table(rows, work / "index.tsv", "shard")
        shards.forget(work, names.values())


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        hub=snakemake.params.hub,
        vetted=snakemake.input.vetted,
        inspected=snakemake.input.inspected,
        modules=snakemake.input.modules,
        limits=snakemake.params.limits,
        code=snakemake.params.code,
        shard=int(snakemake.wildcards.shard),
        folder=snakemake.output.folder,
    )
