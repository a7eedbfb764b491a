# What the stages base, community and pool derive from the configuration of any study that has a pool,
# and what their rules take from.
import csv
import shutil
from functools import cache

BY_COMMUNITY = STUDY["pool"]["hub"]["kind"] == "community"
HUB_FOLDER = STUDY["pool"]["hub"].get("path", f"results/{STUDY['study']}/hub")
HUB = (
    {"kind": "huggingface"}
    if STUDY["pool"]["hub"]["kind"] == "huggingface"
    else {"kind": "folder", "path": str(Path(HUB_FOLDER).expanduser())}
)
LIMITS = STUDY["pool"]["limits"]
ON_GPU = STUDY["runtime"]["device"] == "cuda" or (
    STUDY["runtime"]["device"] == "auto" and shutil.which("nvidia-smi") is not None
)


wildcard_constraints:
    adapter=one_of(STUDY["community"]),
    shard=r"\d+",


@cache
def shard_numbers(vetted, changed):
    """Numbers of the shards in a table of vetted candidates; read once for each time of change."""
    with Path(vetted).open() as file:
        numbers = {row["shard"] for row in csv.DictReader(file, delimiter="\t")} - {""}
    return sorted(numbers, key=int)


def shards(wildcards):
    """Numbers of the pool's shards, known once the pool is vetted."""
    vetted = checkpoints.vet_pool.get().output.vetted
    return shard_numbers(str(vetted), Path(vetted).stat().st_mtime_ns)


def shard_folders(wildcards):
    """The folders of all shards."""
    return collect("<results>/pool/adapters/{shard}", shard=shards(wildcards))


def shard_effects(wildcards):
    """What the adapters of each shard change."""
    return collect("<results>/pool/effects/{shard}.tsv", shard=shards(wildcards))


def community_recipe(wildcards):
    """The recipe of a community adapter."""
    return STUDY["community"][wildcards.adapter]


def community_task(wildcards):
    """Source and options of the task that a community adapter is trained for."""
    task = STUDY["tasks"][STUDY["community"][wildcards.adapter]["task"]]
    return {key: value for key, value in task.items() if key != "split"}


def community_code(wildcards):
    """Digest of the script and of the source of the adapter's task."""
    source = community_task(wildcards)["source"]
    return digest("community/train_community_adapter", settings.table("task_sources")[source])


def community_seed(wildcards):
    """The root of an adapter's randomness."""
    return seeds.derive(STUDY["seed"], "community", wildcards.adapter)
