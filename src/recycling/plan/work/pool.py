"""What the stages community and pool take, in every study that has a pool."""

import csv
from dataclasses import fields
from functools import cache
from pathlib import Path

from recycling.community.recipe import CommunityAdapter, Publication, Training
from recycling.ground import seeds
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.pool import CommunityRecipe
from recycling.plan.study.preconditions import PreconditionsStudy
from recycling.plan.wiring import Shards
from recycling.plan.work import base, tasks
from recycling.plan.work.harmful import harmful
from recycling.pool import base_name
from recycling.tasks import SOURCES

PoolStudy = MergingStudy | PreconditionsStudy
# Adapters that one process trains: its start, of 6 seconds, then costs a twelfth of its work where
# adapters take 5, and a thousand adapters are 60 jobs for a cluster.
BATCH = 16


def by_community(study: PoolStudy) -> bool:
    """Whether the study trains the adapters of its pool itself."""
    return study.pool.hub.kind == "community"


def hub(study: PoolStudy) -> dict[str, str]:
    """The arguments of `hub.opening.connect`."""
    if study.pool.hub.kind == "huggingface":
        return {"kind": "huggingface"}
    folder = study.pool.hub.path or f"results/{study.study}/hub"
    return {"kind": "folder", "path": str(Path(folder).expanduser())}


def hub_folder(study: PoolStudy) -> str | list[str]:
    """The folder that is listed; nothing for a hub on the network."""
    return "<results>/hub" if by_community(study) else hub(study).get("path", [])


def listed_ids(study: PoolStudy) -> str | list[str]:
    """The file that names the repositories to list, if the study has one."""
    return study.pool.hub.ids or []


def published(study: PoolStudy) -> list[str]:
    """The table of what the community published; none for another hub."""
    return ["<results>/community/published.tsv"] if by_community(study) else []


def bases(study: PoolStudy) -> list[str]:
    """The names by which adapters call the base."""
    return [study.base.name, *study.base.aliases]


def vetting(study: PoolStudy) -> dict[str, object]:
    """The arguments of `pool.candidate.Rules`."""
    limits = study.pool.limits
    related = study.pool.exclude_target_related if isinstance(study, MergingStudy) else False
    return {
        "aliases": {study.base.name: "same_weights", **study.base.aliases},
        "max_bytes": limits.max_bytes,
        "max_rank": limits.max_rank,
        **base_origin(study),
        "denylist": limits.denylist,
        "harmless_keys": limits.harmless_keys,
        "licences": study.pool.licences.model_dump(),
        "keywords": target_keywords(study),
        "exclude_target_related": related,
    }


def base_origin(study: PoolStudy) -> dict[str, str]:
    """Repository and commit of the base's files, empty where the study does not tell."""
    source = study.base.source
    named = base_name.parse(source.options.get("path"))
    repository = source.options.get("repo") or named.repository
    return {
        "base_repository": repository,
        "base_commit": source.options.get("commit") or named.revision,
    }


def target_keywords(study: PoolStudy) -> list[str]:
    """Names by which an adapter of a target's data is known: the task's, and its data set's."""
    if not isinstance(study, MergingStudy):
        return []
    sets = [study.tasks[task].options.get("repo", task) for task in study.all_targets]
    return sorted({*study.all_targets, *sets, *(name.rpartition("/")[2] for name in sets)})


def download_limits(study: PoolStudy) -> dict[str, float]:
    """Bounds of the size of a file and of the norm of an update."""
    return study.pool.limits.model_dump(include={"max_bytes", "norm_min", "norm_max"})


@cache
def _shard_numbers(vetted: str, changed: int) -> list[str]:
    with Path(vetted).open() as file:
        numbers = {row["shard"] for row in csv.DictReader(file, delimiter="\t")} - {""}
    return sorted(numbers, key=int)


def shard_numbers(vetted: str) -> list[str]:
    """Numbers of the shards in a table of vetted candidates; read once for each of its states."""
    return _shard_numbers(str(vetted), Path(vetted).stat().st_mtime_ns)


def shard_folders(_: PoolStudy, shards: Shards) -> list[str]:
    """The folders of all shards."""
    return [f"<results>/pool/adapters/{shard}" for shard in shards()]


def shard_effects(_: PoolStudy, shards: Shards) -> list[str]:
    """What the adapters of each shard change."""
    return [f"<results>/pool/effects/{shard}.tsv" for shard in shards()]


# community


def trained(study: PoolStudy) -> dict[str, CommunityRecipe]:
    """The adapters of the community that are trained: its own, then those with shuffled answers."""
    return study.community | {
        name: (recipe := study.community[one.of]).model_copy(
            update={"labels": "shuffled", "run": recipe.run or one.of}
        )
        for name, one in harmful(study).items()
        if one.by == "label_shuffled"
    }


def negated(study: PoolStudy) -> dict[str, str]:
    """Adapters that are not trained -> those that they are with the opposite sign."""
    return {name: one.of for name, one in harmful(study).items() if one.by == "negated"}


def community(study: PoolStudy) -> list[str]:
    """All adapters that the study's community publishes, those that are harmful too."""
    return [*trained(study), *negated(study)]


def community_recipe(study: PoolStudy, adapter: str) -> CommunityAdapter:
    """How a community adapter is trained."""
    of_training = {field.name for field in fields(CommunityAdapter)}
    return CommunityAdapter(**trained(study)[adapter].model_dump(include=of_training))


def community_source(study: PoolStudy, adapter: str) -> str:
    """Where the examples of a community adapter's task come from, a name in `tasks.SOURCES`."""
    return study.tasks[trained(study)[adapter].task].source


def community_options(study: PoolStudy, adapter: str) -> dict[str, object]:
    """The options of that source."""
    return study.tasks[trained(study)[adapter].task].options


def community_seed(study: PoolStudy, adapter: str) -> int:
    """The root of an adapter's randomness, which it shares with all of its run."""
    return seeds.derive(study.seed, "community", trained(study)[adapter].run or adapter)


def community_code(study: PoolStudy, adapter: str) -> str:
    """Digest of the script and of the source of the adapter's task."""
    source = SOURCES[community_source(study, adapter)]
    return base.code("community/train_community", source)


def community_training(study: PoolStudy, adapter: str) -> Training:
    """All that decides an adapter of the community but the base."""
    return Training(
        community_recipe(study, adapter),
        community_source(study, adapter),
        community_options(study, adapter),
        community_seed(study, adapter),
        community_code(study, adapter),
        tasks.set_aside(study, trained(study)[adapter].task),
    )


def batches(study: PoolStudy) -> list[str]:
    """The numbers of the jobs that train the community.

    At least two, for the cores of a laptop, and one for `BATCH` adapters.
    """
    count = len(trained(study))
    return [str(number) for number in range(min(count, max(2, -(-count // BATCH))))]


def batch_trainings(study: PoolStudy, batch: str) -> dict[str, Training]:
    """The adapters that one of these jobs trains, dealt in turn: a new last one moves no other."""
    dealt = list(trained(study))[int(batch) :: len(batches(study))]
    return {adapter: community_training(study, adapter) for adapter in dealt}


def community_store(study: PoolStudy) -> str:
    """Where trained adapters are kept, from run to run."""
    return f"results/{study.study}/parts/train_community"


def publish_seed(study: PoolStudy) -> int:
    """The root of the randomness of how the community publishes."""
    return seeds.derive(study.seed, "publish")


def community_cards(study: PoolStudy) -> str:
    """What the cards of the community say."""
    return study.pool.hub.cards or "topic"


def publications(study: PoolStudy) -> dict[str, Publication]:
    """How each adapter of the community is published."""
    return {
        name: Publication(recipe.task, recipe.owner, recipe.defect)
        for name, recipe in study.community.items()
    } | {
        name: Publication(study.community[one.of].task, study.community[one.of].owner, of=one.of)
        for name, one in harmful(study).items()
    }
