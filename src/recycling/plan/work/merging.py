"""What merges, fresh LoRAs and answers take."""

from typing import Literal

from recycling.adapters import TWINS
from recycling.merging import METHODS
from recycling.merging.recipe import (
    ADAPTER,
    CONFIGS,
    GATES,
    LEAFLETS,
    RECORDS,
    ROUTED,
    Asking,
    Kept,
    MergeRecipe,
)
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.recipes import FreshRecipe, TuneFresh
from recycling.plan.wiring import Shards
from recycling.plan.work import base
from recycling.plan.work.selection import Ranking
from recycling.plan.work.units import units

# fresh LoRAs


def fresh_recipe(study: MergingStudy, recipe: str) -> FreshRecipe:
    """A recipe of the fresh LoRA: the default one, `fresh`, or a variant, by what it is given."""
    given = study.fresh_recipes[recipe].model_dump(include={*FreshRecipe.model_fields})
    return FreshRecipe.model_validate(given)


def tune(study: MergingStudy, recipe: str) -> TuneFresh | None:
    """What is tuned of a recipe; None where nothing is."""
    variant = study.fresh_variants.get(recipe)
    return variant.tune if variant is not None else None


def choice(study: MergingStudy, recipe: str, task: str, replicate: str) -> list[str]:
    """The file with the configuration that was chosen for a fresh LoRA; none if it is not tuned."""
    if tune(study, recipe) is None:
        return []
    return [f"<results>/fresh_tuning/{recipe}/{task}/{replicate}/choice.json"]


def left_out(_: MergingStudy, fold: str, folds: str) -> tuple[int, int]:
    """The fold that a fresh LoRA is trained without, and of how many."""
    return int(fold), int(folds)


# merges


def merged_arms(study: MergingStudy) -> list[str]:
    """The arms that wear an adapter."""
    return [name for name, arm in study.arms.items() if arm.wears_adapter]


def routed_arms(study: MergingStudy) -> list[str]:
    """The arms whose adapters stay apart."""
    return [name for name in merged_arms(study) if METHODS[study.arms[name].merge.method].routed]


def pool_count(study: MergingStudy, arm: str) -> int | Literal["all"]:
    """How many adapters an arm takes of the pool: a number, or all."""
    asked = study.arms[arm].k
    if asked is None:
        return 0
    if asked == "all":
        return "all"
    return asked - bool(study.protocol.k_counts_fresh and study.arms[arm].fresh)


def merge_recipe(study: MergingStudy, arm: str) -> MergeRecipe:
    """How the adapters of an arm become one."""
    chosen = study.arms[arm]
    trained = chosen.twin is not None and TWINS[chosen.twin].trained
    tuning = chosen.merge.tune
    joined = tuning is not None and isinstance(chosen.fresh, str)
    return MergeRecipe(
        count=pool_count(study, arm),
        twin=chosen.twin,
        method=chosen.merge.method,
        entry=METHODS[chosen.merge.method].entry,
        options=chosen.merge.options,
        streams=METHODS[chosen.merge.method].streams,
        compress_rank=chosen.merge.compress_rank,
        export_rank=chosen.merge.export_rank,
        twin_training=study.fresh.model_dump() if trained else {},
        grid=tuning.grid if tuning else {},
        tuning_folds=tuning.folds if tuning else 0,
        stand_in_training=fresh_recipe(study, str(chosen.fresh)).model_dump() if joined else {},
        kept=kept(study, arm),
    )


def kept(study: MergingStudy, arm: str) -> Kept:
    """What stays on disk of the merges of an arm.

    Gates do where a merge is a combination of sources that can be read or drawn again.
    """
    if study.export == "all" or (study.export != "none" and arm in study.export):
        return "adapter"
    chosen = study.arms[arm]
    again = chosen.twin is None or not TWINS[chosen.twin].trained
    whole = chosen.merge.export_rank is None and chosen.merge.compress_rank is None
    combines = METHODS[chosen.merge.method].combination(chosen.merge.options)
    return "gates" if again and whole and combines else "answers"


def worn(study: MergingStudy, arm: str) -> str:
    """The file with the numbers of what an arm wears."""
    if kept(study, arm) == "gates":
        return GATES
    return ROUTED if arm in routed_arms(study) else ADAPTER


def staying(study: MergingStudy, arm: str) -> list[str]:
    """The files of a merge that stay."""
    numbers = worn(study, arm)
    files = {
        "adapter": [CONFIGS[numbers], numbers, *LEAFLETS],
        "gates": [CONFIGS[numbers], numbers],
        "answers": [],
    }
    return [*files[kept(study, arm)], *RECORDS]


def passing(study: MergingStudy, arm: str) -> list[str]:
    """The files of a merge that go when its answers are given."""
    numbers = worn(study, arm)
    return [CONFIGS[numbers], numbers] if kept(study, arm) == "answers" else []


def merge_code(study: MergingStudy, arm: str) -> str:
    """Digest of the script and of this arm's merging method."""
    return base.code("merging/merge_adapters", METHODS[study.arms[arm].merge.method].entry)


def ranking(study: MergingStudy, arm: str, task: str, replicate: str) -> Ranking:
    """The ranking that an arm takes its adapters from; raises LookupError without a pool."""
    chosen = study.arms[arm]
    if chosen.select is None:
        raise LookupError(f"arm {arm!r} draws on no pool; ask for the ranking of one that does")
    return Ranking(chosen.select, chosen.part, task, replicate)


def arm_shards(study: MergingStudy, arm: str, ranked_shards: Shards) -> list[str]:
    """The shards that hold the adapters of an arm; `ranked_shards` is in the ranking's order."""
    count = pool_count(study, arm)
    if count == 0:
        return []
    taken = ranked_shards() if count == "all" else ranked_shards()[:count]
    return [f"<results>/pool/adapters/{shard}" for shard in sorted(set(taken), key=int)]


def fresh_lora(study: MergingStudy, arm: str, task: str, replicate: str) -> str:
    """The fresh LoRA that joins an arm; raises LookupError where none does."""
    recipe = study.arms[arm].fresh
    if not recipe:
        raise LookupError(f"no fresh LoRA joins arm {arm!r}; ask for that of one that it joins")
    return f"<results>/fresh/{recipe}/{task}/{replicate}/adapter_config.json"


def arm_stand_ins(study: MergingStudy, arm: str, task: str, replicate: str) -> list[str]:
    """The fresh LoRAs that stand in for one another, for arms that learn on rows unseen."""
    recipe, folds = study.arms[arm].fresh, study.arms[arm].folds
    folder = f"<results>/fresh_folds/{recipe}/{folds}/{task}/{replicate}"
    return [f"{folder}/{fold}/adapter_config.json" for fold in range(folds)]


def merge_seconds(arm: str, task: str, replicate: str) -> str:
    """What the merge of an arm took, without what it shares with other arms of its process."""
    return f"<results>/seconds/merge_adapters/{arm}/{task}/{replicate}.tsv"


def merge_store(study: MergingStudy, task: str, replicate: str) -> str:
    """Where the merges of a unit are kept, from run to run."""
    return f"results/{study.study}/parts/merge_adapters/{task}/{replicate}"


# answers


def task_arms(study: MergingStudy, task: str) -> list[str]:
    """The arms that are run on a task."""
    return [name for name, arm in study.arms.items() if task in arm.targets]


def worn_arms(study: MergingStudy, task: str) -> list[str]:
    """The arms of a task that wear an adapter."""
    merged = merged_arms(study)
    return [arm for arm in task_arms(study, task) if arm in merged]


def asking(study: MergingStudy, task: str) -> dict[str, Asking]:
    """How each arm of a task is asked."""
    arms = {name: study.arms[name] for name in task_arms(study, task)}
    return {
        name: Asking(arm.demonstrations or 0, arm.nearest, arm.calibrated)
        for name, arm in arms.items()
    }


def merge_records(study: MergingStudy, task: str, replicate: str) -> list[str]:
    """The merge records of the arms that wear an adapter."""
    return [
        f"<results>/merged/{arm}/{task}/{replicate}/merge.json" for arm in worn_arms(study, task)
    ]


def merged_configs(study: MergingStudy, task: str, replicate: str) -> list[str]:
    """What tells how the weights of each are read."""
    return [
        f"<results>/merged/{arm}/{task}/{replicate}/{CONFIGS[worn(study, arm)]}"
        for arm in worn_arms(study, task)
    ]


def merged_weights(study: MergingStudy, task: str, replicate: str) -> list[str]:
    """The weights of the arms that wear an adapter, routed ones, or the gates of their sources."""
    return [
        f"<results>/merged/{arm}/{task}/{replicate}/{worn(study, arm)}"
        for arm in worn_arms(study, task)
    ]


def answer_store(study: MergingStudy, task: str, replicate: str) -> str:
    """Where the answers of each arm are kept, from run to run."""
    return f"results/{study.study}/parts/predict/{task}/{replicate}"


def predictions(study: MergingStudy) -> list[str]:
    """The answers of every unit, in the order of `units`."""
    return [f"<results>/predictions/{task}/{replicate}.parquet" for task, replicate in units(study)]
