"""All rules of the pool in one process, as the workflow runs them."""

import close_pool
import download_shard
import group_pool
import inspect_candidates
import list_candidates
import pandas as pd
import vet_pool
from pool_cases import BASE

from recycling.ground import tables


def heard(index: pd.DataFrame) -> pd.DataFrame:
    """The table `effects` of a pool in which every fit adapter changes something."""
    fit = index.loc[index["status"] == "accepted", ["adapter"]]
    return fit.assign(effect=1.0)


def run_pool(
    place: dict[str, str],
    folder,
    modules,
    shard_size: int = 4,
    limits: tuple[float, float] = (0.01, 1000.0),
    ids: str | None = None,
    max_rank: int = 64,
    max_bytes: int = 10**6,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables vetted, accepted and rejected of the adapters at `place`; files go to `folder`."""
    paths = {name: str(folder / name) for name in ("candidates", "vetted", "accepted", "rejected")}
    linears, inspected = str(folder / "modules.tsv"), str(folder / "inspected.jsonl")
    body = {name: shape for name, shape in modules.items() if name != "lm_head"}
    rows = [{"module": name, "out": out, "in": width} for name, (out, width) in body.items()]
    tables.write_table(rows, linears, "modules")
    list_candidates.main(place, [BASE], ids, paths["candidates"])
    inspect_candidates.main(place, paths["candidates"], inspected)
    rules = {
        "aliases": {BASE: "same_weights"},
        "max_bytes": max_bytes,
        "max_rank": max_rank,
        "denylist": [],
        "harmless_keys": [],
        "licences": {"allow": [], "deny": []},
        "keywords": [],
        "exclude_target_related": False,
    }
    vet_pool.main(inspected, linears, rules, shard_size, paths["vetted"])
    vetted = tables.read_table(paths["vetted"], "vetted")
    shards = []
    for shard in range(int(vetted["shard"].max()) + 1):
        shards.append(str(folder / "adapters" / str(shard)))
        bounds = {"max_bytes": max_bytes, "norm_min": limits[0], "norm_max": limits[1]}
        download_shard.main(
            place, paths["vetted"], inspected, linears, bounds, "code", shard, shards[-1]
        )
    # No base has these modules, so nothing can be probed.
    index = pd.concat([tables.read_table(f"{shard}/index.tsv", "shard") for shard in shards])
    effects = str(folder / "effects.tsv")
    tables.write_table(heard(index), effects, "effects")
    families = str(folder / "families.tsv")
    group_pool.main(linears, shards, families)
    close_pool.main(
        paths["candidates"],
        paths["vetted"],
        shards,
        [effects],
        families,
        paths["accepted"],
        paths["rejected"],
    )
    return vetted, *(tables.read_table(paths[name], name) for name in ("accepted", "rejected"))
